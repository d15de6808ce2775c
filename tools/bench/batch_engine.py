"""A child that makes batches as the data layer does, without Caffe."""

import hashlib

import numpy as np

from pylayers.batch.layer_params import parse
from pylayers.batch.loader import Loader
from pylayers.batch.prefetch import open_batches
from tools.bench.serve import seconds_each, serve


class BatchEngine:
    """Operations of one loader."""

    def open(self, param_str: str, workers: int) -> None:
        """Open the training batches from the first on."""
        loader = Loader(parse(param_str), train=True)
        self.data, self.label = (np.empty(shape, np.float32) for shape in loader.shapes)
        self.batches = open_batches(loader, 0, workers)

    def digest(self, count: int) -> str:
        """Return the hash of the next batches' bytes."""
        digest = hashlib.sha256()
        for _ in range(count):
            self._next(1)
            digest.update(self.data)
            digest.update(self.label)
        return digest.hexdigest()

    def fill(self, warm: int, count: int) -> float:
        """Return the mean seconds of a batch: workers hand them out in bursts."""
        self._next(warm)
        return seconds_each(lambda _: self._next(count), warm=0, count=1) / count

    def _next(self, count: int) -> None:
        for _ in range(count):
            self.batches.next(self.data, self.label)


if __name__ == "__main__":
    engine = BatchEngine()
    serve({name: getattr(engine, name) for name in ("open", "digest", "fill")})

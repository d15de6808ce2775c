"""A child that holds genuine Caffe nets: training steps, the deploy net, and what they compute."""

import numpy as np

from tools.bench.same_results import relative_difference
from tools.bench.serve import seconds_each, serve
from tools.caffe_run.caffe_device import caffe_on
from tools.caffe_run.caffe_install import import_caffe

caffe = import_caffe()


class CaffeEngine:
    """Operations of one Caffe: a solver, a deploy net, or both."""

    def on(self, gpu: int | None) -> None:
        """Choose the CPU, or the GPU of that number."""
        caffe_on(gpu)

    def draw(self, net: str, weights: str, seed: int) -> None:
        """Write the weights that the fillers of a training net draw."""
        caffe.set_random_seed(seed)
        caffe.Net(net, caffe.TRAIN).save(weights)

    def reference(self, net: str, deploy: str, weights: str, arrays: str) -> None:
        """Write the weights that all engines take, and what Caffe computes with them.

        arrays (.npz): data, label, score and the gradient of the training net without dropout,
        scores of the deploy net, and each layer's weights.
        """
        trained = caffe.Net(net, caffe.TRAIN)
        trained.save(weights)
        trained.forward()
        trained.backward()
        computed = {
            "data": trained.blobs["data"].data,
            "label": trained.blobs["label"].data,
            "score": trained.blobs["fc7"].data,
        }
        for name, blobs in trained.params.items():
            for number, blob in enumerate(blobs):
                computed[f"weights/{name}/{number}"] = blob.data
                computed[f"gradient/{name}/{number}"] = blob.diff
        self.deploy(deploy, weights, computed["data"])
        computed["scores"] = self.net.forward()["fc7"]
        np.savez(arrays, **computed)

    def deploy(self, prototxt: str, weights: str, data: np.ndarray) -> None:
        """Load the deploy net and its input, float32 (slices, 1, 512, 512)."""
        self.net = caffe.Net(prototxt, caffe.TEST, weights=weights)
        self.net.blobs["data"].reshape(*data.shape)
        self.net.blobs["data"].data[...] = data

    def load(self, deploy: str, weights: str, arrays: str) -> float:
        """Load the deploy net that another Caffe is the reference of.

        arrays: the file that it wrote. Returns the relative difference of the scores from its own.
        """
        reference = dict(np.load(arrays))
        self.deploy(deploy, weights, reference["data"])
        return relative_difference(reference["scores"], self.net.forward()["fc7"])

    def train(self, solver: str, weights: str | None = None) -> None:
        """Load a solver."""
        self.solver = caffe.get_solver(solver)
        if weights:
            self.solver.net.copy_from(weights)

    def batch(self, arrays: str) -> None:
        """Write the batch of the last step, data and label (.npz)."""
        blobs = self.solver.net.blobs
        np.savez(arrays, data=blobs["data"].data, label=blobs["label"].data)

    def step(self, warm: int, count: int) -> float:
        """Return the seconds of a training step: forward, backward and update."""
        return seconds_each(self._steps, warm, count)

    def forward(self, warm: int, count: int) -> float:
        """Return the seconds of a pass through the deploy net."""
        return seconds_each(self._passes, warm, count)

    def _steps(self, count: int) -> None:
        self.solver.step(count)
        # one updated number, read back: a GPU has finished when it is here
        score = float(self.solver.net.params["fc7"][1].data[0])
        if not np.isfinite(score):
            raise FloatingPointError("the training diverged; its times would mean nothing")

    def _passes(self, count: int) -> None:
        for _ in range(count):
            self.net.forward()  # reads its output back


if __name__ == "__main__":
    engine = CaffeEngine()
    names = ("on", "draw", "reference", "load", "train", "batch", "step", "forward")
    serve({name: getattr(engine, name) for name in names})

"""How far a run's numbers lie apart on a GPU and on the CPU."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from pylayers.batch.prefetch import WORKERS
from tools.caffe_run.caffe_device import caffe_on
from tools.training.run_folder import RunFolder

# A TEST batch of conv1 alone takes most of a GB; pool1 holds its maxima.
LEFT_OUT = ("data", "conv1")


def pass_through(run: RunFolder, gpu: int | None) -> tuple[dict, dict]:
    """Return ({top: values}, {"layer weight" or "layer bias": gradient}) of one validation batch.

    The batch is the first one, without augmentation or dropout. To be called in the checkout,
    where the run's prototxts find their cohort.
    """
    caffe = caffe_on(gpu)
    with without_workers():
        net = caffe.Net(str(run.net), caffe.TEST, weights=str(run.best_weights))
    net.forward()
    net.backward()
    tops = {name: blob.data.copy() for name, blob in net.blobs.items() if name not in LEFT_OUT}
    gradients = {
        f"{layer} {kind}": blob.diff.copy()
        for layer, blobs in net.params.items()
        for kind, blob in zip(("weight", "bias"), blobs, strict=True)
    }
    return tops, gradients


@contextmanager
def without_workers() -> Iterator[None]:
    """Within, data layers are set up without workers: one batch needs nobody who reads ahead."""
    before = os.environ.get(WORKERS)
    os.environ[WORKERS] = "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ[WORKERS]
        else:
            os.environ[WORKERS] = before


def worst(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> tuple[str, float]:
    """Return the name of the array that differs most between two passes, and by how much.

    That is the norm of the difference over the norm of `ours`, so that one rounding error in a
    value near zero does not count for much. NaN, which agrees with nothing, is infinitely far.
    """
    distances = {}
    for name, a in ours.items():
        b = theirs[name].astype(np.float64)
        norm = np.linalg.norm(a.astype(np.float64)) or 1.0
        distance = float(np.linalg.norm(a - b) / norm)
        distances[name] = distance if np.isfinite(distance) else float("inf")
    name = max(distances, key=distances.get)
    return name, distances[name]

"""Our loader's work on one scan, in a child process."""

import h5py
import numpy as np

from pylayers.batch.stack import SIDE, Augmentation, fill_stack
from pylayers.cohort.store import read_planes
from tools.bench.stack_maker import serve_maker


def make(job: dict) -> np.ndarray:
    """Make a job's stack as pylayers.batch.loader does."""
    out = np.empty((len(job["indices"]), 1, SIDE, SIDE), np.float32)
    augmentation = Augmentation(0.0, job["mirror"], np.array(job["angles_deg"]))
    fill_stack(read_planes(job["path"], lambda n: job["indices"]), augmentation, out)
    return out


if __name__ == "__main__":
    serve_maker(make, f"h5py {h5py.__version__}")

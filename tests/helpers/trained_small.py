"""Run as a program: trains a small net by the engine of the environment and saves what it learned.

usage: trained_small.py FOLDER LINES...   LINES go into the solver; FOLDER/learned.npz gets weights,
gradients as the update leaves them, and the momentum's file.
"""

import sys
from pathlib import Path

import numpy as np

from tools.caffe_run.caffe_install import import_caffe

caffe = import_caffe()

NET = """
layer { name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param {
  shape { dim: 3 dim: 2 dim: 12 dim: 12 } shape { dim: 3 dim: 1 }
  data_filler { type: "gaussian" std: 1 } data_filler { type: "gaussian" std: 1 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  convolution_param { num_output: 6 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"
  pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc"
  inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "fc" bottom: "label" top: "loss" }
"""


def main() -> None:
    """Train for twelve iterations."""
    folder, lines = Path(sys.argv[1]), sys.argv[2:]
    (folder / "net.prototxt").write_text(NET)
    (folder / "solver.prototxt").write_text(
        f'net: "{folder}/net.prototxt" base_lr: 0.001 momentum: 0.9 max_iter: 12 random_seed: 5 '
        f'snapshot_prefix: "{folder}/small" ' + " ".join(lines)
    )
    solver = caffe.get_solver(str(folder / "solver.prototxt"))
    solver.step(12)
    solver.snapshot()
    learned = {}
    for name, blobs in solver.net.params.items():
        for number, blob in enumerate(blobs):
            learned[f"{name}{number}"] = blob.data
            learned[f"{name}{number}_update"] = blob.diff
    state = caffe.proto.caffe_pb2.SolverState()
    state.ParseFromString((folder / "small_iter_12.solverstate").read_bytes())
    for number, history in enumerate(state.history):
        learned[f"momentum{number}"] = np.array(history.data)
    np.savez(folder / "learned.npz", **learned)


if __name__ == "__main__":
    main()

"""A Python layer that reports, from inside `caffe train`, which interpreter runs it."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import caffe
import h5py
import numpy as np

REPORT = "probe.json"

Blobs = Sequence[Any]  # pycaffe's type of a blob has no public name


class ProbeLayer(caffe.Layer):
    """Tops: data (2, 1, 8, 8) and label (2, 1), read back through an HDF5 file in the cwd.

    Takes no param_str. Writes probe.json: prefix, executable, argv, encoding, HDF5's version,
    number of forward passes.
    """

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        """Write the data with h5py, the library that a second libhdf5 in the process breaks."""
        self.passes = 0
        data = np.linspace(-1, 1, 128, dtype=np.float32).reshape(2, 1, 8, 8)
        with h5py.File("probe.h5", "w") as file:
            file.create_dataset("data", data=data, compression="gzip")
            file["label"] = data.mean(axis=(1, 2, 3))[:, None]

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        """Shape the tops as stored."""
        with h5py.File("probe.h5") as file:
            self.arrays = file["data"][:], file["label"][:]
        for i, values in enumerate(self.arrays):  # `top` can be indexed, not iterated over
            top[i].reshape(*values.shape)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        """Copy the stored arrays out and write the report."""
        for i, values in enumerate(self.arrays):
            top[i].data[...] = values
        self.passes += 1
        report = {
            "prefix": sys.prefix,
            "executable": sys.executable,
            "argv": sys.argv,
            "encoding": sys.getfilesystemencoding(),
            "hdf5": h5py.version.hdf5_version,
            "passes": self.passes,
        }
        with open(REPORT, "w", encoding="utf-8") as file:
            json.dump(report, file)

    def backward(self, top: Blobs, propagate_down: list[bool], bottom: Blobs) -> None:
        """Nothing to propagate: a source of data."""

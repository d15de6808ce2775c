"""How a store keeps planes: one chunk each, so that a stack reads only its own."""

import h5py
import hdf5plugin
import numpy as np

DATASET = "hu"  # the crop


def write_planes(file: h5py.File, name: str, planes: np.ndarray) -> None:
    """Write planes (n, h, w) as a dataset, each compressed and with a checksum."""
    file.create_dataset(
        name,
        data=planes,
        chunks=(1, *planes.shape[1:]),
        shuffle=True,
        fletcher32=True,
        compression=hdf5plugin.Zstd(clevel=3),
    )

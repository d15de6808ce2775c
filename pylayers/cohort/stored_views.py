"""Stored views: the coronal and sagittal planes that a store keeps beside the crop."""

import io
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import h5py
import numpy as np

from pylayers.cohort.plane_chunks import DATASET, write_planes
from pylayers.files.whole_file import whole_file
from pylayers.lungs.views import View, planes_along


def write_views(file: h5py.File, hu: np.ndarray, views: Iterable[View]) -> None:
    """Write the planes of a crop (n, h, w) for each view into an open store."""
    for view in views:
        write_planes(file, view.name, planes_along(hu, view))


def add_views(path: str | os.PathLike[str], views: Iterable[View]) -> None:
    """Add views to a store, whose other content stays; the file changes as a whole or not at all.

    Raises OSError for a damaged store and MachineError on a full disk.
    """
    content = io.BytesIO(Path(path).read_bytes())
    with h5py.File(content, "r+") as file:
        write_views(file, file[DATASET][:], views)
    with whole_file(path) as partial:
        partial.write_bytes(content.getbuffer())


def read_view_planes(
    path: str | os.PathLike[str], view: View, choose: Callable[[int], Iterable[int]]
) -> tuple[list[np.ndarray], tuple[float, float, float]]:
    """Read some planes of a view as int16 HU (n, w) or (n, h), and the crop's spacing (z, y, x).

    choose: function from the number of kept planes to indices; an index may repeat. KeyError where
    the store lacks the view.
    """
    with h5py.File(path) as file:
        planes = file[view.name]
        spacing_mm = tuple(float(value) for value in file.attrs["spacing_mm"])
        return [planes[index] for index in choose(len(planes))], spacing_mm

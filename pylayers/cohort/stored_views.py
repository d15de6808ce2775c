"""Stored views: the coronal and sagittal planes that a store keeps beside the crop."""

import io
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import h5py
import numpy as np

from pylayers.cohort.plane_chunks import DATASET, write_planes
from pylayers.files.whole_file import NotWritten, whole_file
from pylayers.lungs.views import View, check_slices, planes_along


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


def complete_views(path: str | os.PathLike[str], views: Sequence[View]) -> bool:
    """Add the views that a store lacks; return False, with nothing done, where it is damaged.

    Raises ScanRefused where its slices are too thick for views, and MachineError on a full disk.
    """
    if not views:
        return True
    try:
        with h5py.File(path) as file:
            spacing_mm = file.attrs["spacing_mm"]
            missing = [view for view in views if view.name not in file]
        check_slices(spacing_mm)
        if missing:
            add_views(path, missing)
    except NotWritten:
        raise
    except (OSError, KeyError, ValueError, TypeError):
        return False
    return True


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

"""Store: one HDF5 file per scan, one chunk per slice, so that a stack reads only its slices."""

import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import fields

import h5py
import numpy as np

from pylayers.cohort.grid import Grid
from pylayers.cohort.plane_chunks import DATASET, write_planes
from pylayers.cohort.stored_views import write_views
from pylayers.errors import CohortError, is_machine_failure, machine_error
from pylayers.files.whole_file import whole_file
from pylayers.lungs.crop import PREPROCESSING_VERSION, Box, LungCrop
from pylayers.lungs.views import VIEWS, View

VERSION_KEY = "preprocessing_version"
WARNINGS = "warnings"
LUNGS = "lung_bits"  # a bit for each voxel
CORNER = "corner_mm"  # of the scan's frame, which nothing that is stored needs
HASH, LUNGS_HASH = "crop_sha256", "lungs_sha256"
AGAIN = "remove it and run tools/prepare_cohort.py again"


def write_crop(
    path: str | os.PathLike[str],
    crop: LungCrop,
    source_key: str = "",
    views: Iterable[View] = (),
) -> None:
    """Write a crop; the file appears whole or not at all. Raises MachineError on a full disk.

    source_key: by which the files that the crop was made from can be told later. views: whose
    planes are kept beside the crop.
    """
    content = io.BytesIO()  # on a full disk HDF5 would crash as it closes the file
    with h5py.File(content, "w") as file:
        for name in (DATASET, LUNGS):
            voxels = getattr(crop, name)
            if voxels is not None:
                write_planes(file, name, voxels)
        write_views(file, crop.hu, views)
        for field in fields(LungCrop):
            if field.name not in (DATASET, LUNGS, WARNINGS, CORNER):
                file.attrs[field.name] = getattr(crop, field.name)
        file.attrs[WARNINGS] = json.dumps(crop.warnings)
        file.attrs[VERSION_KEY] = PREPROCESSING_VERSION
        file.attrs["source_key"] = source_key
        file.attrs[HASH] = hashlib.sha256(crop.hu.tobytes()).hexdigest()
        if crop.lung_bits is not None:
            file.attrs[LUNGS_HASH] = hashlib.sha256(crop.lung_bits.tobytes()).hexdigest()
    with whole_file(path) as partial:
        partial.write_bytes(content.getbuffer())


def read_crop(path: str | os.PathLike[str]) -> LungCrop:
    """Read a whole crop back. Raises CohortError when it is missing or not what was stored."""
    try:
        crop, stored = _read_crop(path)
    except (OSError, KeyError, ValueError, TypeError) as error:
        if is_machine_failure(error):
            raise machine_error(error, f"reading {path}") from None
        raise CohortError(f"{path} is missing or damaged; {AGAIN}") from None
    if hashlib.sha256(crop.hu).hexdigest() != stored:
        raise CohortError(f"{path} is not what was stored; {AGAIN}")
    return crop


def _read_crop(path: str | os.PathLike[str]) -> tuple[LungCrop, str]:
    with h5py.File(path) as file:
        attrs = file.attrs
        return LungCrop(
            hu=file[DATASET][:],
            spacing_mm=tuple(float(value) for value in attrs["spacing_mm"]),
            bottom_mm=float(attrs["bottom_mm"]),
            box=Box(*(int(value) for value in attrs["box"])),
            lungs_l=float(attrs["lungs_l"]),
            laa950=float(attrs["laa950"]),
            perc15_hu=float(attrs["perc15_hu"]),
            mask_given=bool(attrs["mask_given"]),
            series=attrs["series"],
            warnings=tuple(json.loads(attrs[WARNINGS])),
            lung_bits=file[LUNGS][:] if LUNGS in file else None,
        ), attrs[HASH]


def read_facts(path: str | os.PathLike[str]) -> dict | None:
    """Return what cohort.csv says of a stored crop; None unless it is whole and current.

    A store of an earlier release that lacks the lung mask is not whole.
    """
    try:
        with h5py.File(path) as file:
            attrs = file.attrs
            if attrs.get(VERSION_KEY) != PREPROCESSING_VERSION or LUNGS_HASH not in attrs:
                return None
            return {
                "slices": len(file[DATASET]),
                "laa950": float(attrs["laa950"]),
                "perc15_hu": float(attrs["perc15_hu"]),
                "lungs_l": float(attrs["lungs_l"]),
                "mask_given": bool(attrs["mask_given"]),
                "warnings": json.loads(attrs[WARNINGS]),
                "source_key": attrs["source_key"],
                HASH: attrs[HASH],
            }
    except (OSError, KeyError, ValueError, TypeError):
        return None


def read_grid(path: str | os.PathLike[str]) -> Grid | None:
    """Read version, shape, spacing, hash and views of a stored crop; None for a damaged file."""
    try:
        with h5py.File(path) as file:
            return Grid(
                int(file.attrs[VERSION_KEY]),
                file[DATASET].shape,
                tuple(float(value) for value in file.attrs["spacing_mm"]),
                str(file.attrs[HASH]),
                tuple(name for name in VIEWS if name in file),
            )
    except (OSError, KeyError, ValueError, TypeError):
        return None


def read_hashes(path: str | os.PathLike[str]) -> tuple[str, str] | None:
    """Return the hashes of a stored crop's voxels and of its lung mask, blank where it has none.

    None for a damaged file.
    """
    try:
        with h5py.File(path) as file:
            return str(file.attrs[HASH]), str(file.attrs.get(LUNGS_HASH, ""))
    except (OSError, KeyError, ValueError):
        return None


def read_planes(
    path: str | os.PathLike[str], choose: Callable[[int], Iterable[int]]
) -> list[np.ndarray]:
    """Read some slices of a crop as int16 HU planes (h, w).

    choose: function from the number of slices to their indices; an index may repeat.
    """
    with h5py.File(path) as file:
        hu = file[DATASET]
        return [hu[index] for index in choose(len(hu))]

"""The tiny cohort as if its slices were thin, with coronal and sagittal planes."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pylayers.cohort.store import read_crop, write_crop
from pylayers.lungs.views import VIEWS

THIN_MM = 2.0


@pytest.fixture(scope="session")
def thin_cohort(tiny_cohort, tmp_path_factory) -> Path:
    """The 16 chests of the tiny cohort, squeezed to slices of 2 mm. Do not write into it."""
    folder = tmp_path_factory.mktemp("thin") / "cohort"
    return squeezed(tiny_cohort, folder, THIN_MM, VIEWS.values())


def squeezed(cohort, folder, slice_mm, views=()) -> Path:
    """Write a cohort again with other distances of slices, and with views."""
    shutil.copytree(cohort, folder)
    for path in (folder / "scans").glob("*.h5"):
        crop = read_crop(path)
        spacing_mm = (slice_mm, *crop.spacing_mm[1:])
        write_crop(path, replace(crop, spacing_mm=spacing_mm), views=views)
    return folder

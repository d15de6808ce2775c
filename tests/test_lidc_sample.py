"""A real chest CT with lobes drawn by others: the computed lungs lie where theirs do."""

from pathlib import Path

import numpy as np
import pytest
from chest import dice

from pylayers.lungs import bounding_box, lung_mask
from pylayers.scan import read_labels, read_scan

FOLDER = Path(__file__).resolve().parent.parent / "build" / "lidc_sample"
LOBES = range(10, 15)  # among many organs in the sample's label map


@pytest.fixture(scope="module")
def lungs():
    """Computed and drawn lungs."""
    for name in ("cxr.nii.gz", "mask.nii.gz"):
        if not (FOLDER / name).is_file():
            pytest.fail(f"there is no {FOLDER / name}; run data/lidc_sample/get_lidc_sample.sh")
    scan = read_scan(FOLDER / "cxr.nii.gz")
    drawn = np.isin(read_labels(FOLDER / "mask.nii.gz", like=scan), LOBES)
    return lung_mask(scan.hu, scan.spacing_mm), drawn


def test_computed_lungs_overlap_the_drawn_lobes(lungs):
    assert dice(*lungs) >= 0.95


def test_every_side_of_the_box_is_within_2_percent_of_the_drawn_lungs(lungs):
    ours, theirs = (np.array(bounding_box(mask)).reshape(3, 2) for mask in lungs)
    extent = theirs[:, 1] - theirs[:, 0]
    assert np.all(np.abs(ours - theirs) <= 0.02 * extent[:, None]), (ours, theirs)

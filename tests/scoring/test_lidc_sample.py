"""A real chest CT with lobes drawn by others: the computed lungs lie where theirs do."""

import numpy as np
import pytest
from chest import dice
from conftest import ROOT

from pylayers.errors import ScanRefused
from pylayers.lungs.crop import Box
from pylayers.lungs.lung_checks import check_lungs
from pylayers.lungs.lung_mask import lung_mask
from pylayers.reading.scan import read_labels, read_scan

FOLDER = ROOT / "build" / "lidc_sample"
LOBES = range(10, 15)  # among many organs in the sample's label map
STOMACH, TRACHEA, COLON = 6, 16, 20


@pytest.fixture(scope="module")
def sample():
    """The scan and its label map."""
    for name in ("cxr.nii.gz", "mask.nii.gz"):
        if not (FOLDER / name).is_file():
            pytest.fail(f"there is no {FOLDER / name}; run data/lidc_sample/get_lidc_sample.sh")
    scan = read_scan(FOLDER / "cxr.nii.gz")
    return scan, read_labels(FOLDER / "mask.nii.gz", like=scan)


def destroyed(hu, lungs):
    """Emphysema: all but vessels moved to a mean of -970 HU with half of its contrast."""
    dark = np.where(lungs & (hu < -300), np.minimum(hu, (hu + 870) // 2 - 970), hu)
    return np.clip(dark, -1024, 3071).astype(np.int16)


def inflated(hu, labels):
    """Stomach and colon full of gas."""
    hu, gas = hu.copy(), np.isin(labels, (STOMACH, COLON))
    hu[gas] = np.random.default_rng(1).normal(-985, 15, np.count_nonzero(gas))
    return hu


CHANGES = {
    "as it is": lambda hu, labels, lungs: hu,
    "gas below": lambda hu, labels, lungs: inflated(hu, labels),
    "gas below emphysema": lambda hu, labels, lungs: inflated(destroyed(hu, lungs), labels),
}


@pytest.fixture(scope="module", params=CHANGES)
def lungs(request, sample):
    """Computed and drawn lungs, and warnings about both."""
    scan, labels = sample
    drawn = np.isin(labels, LOBES)
    hu = CHANGES[request.param](scan.hu, labels, drawn)
    computed = lung_mask(hu, scan.spacing_mm)
    warnings = check_lungs(hu, computed, scan.spacing_mm, False)
    return computed, drawn, warnings + check_lungs(hu, drawn, scan.spacing_mm, True)


def test_computed_lungs_overlap_the_drawn_lobes_and_give_no_warning(lungs):
    computed, drawn, warnings = lungs
    assert dice(computed, drawn) >= 0.97
    # of both masks, of the destroyed lungs alone
    assert [w for w in warnings if "below -950 HU even without noise" not in w] == []


def test_every_side_of_the_box_is_within_2_percent_of_the_drawn_lungs(lungs):
    ours, theirs = (np.array(Box.around(mask)).reshape(3, 2) for mask in lungs[:2])
    extent = theirs[:, 1] - theirs[:, 0]
    assert np.all(np.abs(ours - theirs) <= 0.02 * extent[:, None]), (ours, theirs)


def test_the_trachea_is_no_lung(sample):
    scan, labels = sample
    mask, trachea = lung_mask(scan.hu, scan.spacing_mm), labels == TRACHEA
    assert np.count_nonzero(mask & trachea) < 0.1 * np.count_nonzero(trachea)


@pytest.mark.parametrize("label", [1, 5, STOMACH, 15, 18, 51])
def test_a_mask_of_another_organ_is_no_lung(label, sample):
    scan, labels = sample
    with pytest.raises(ScanRefused, match=r"mask-not-lung: .*--mask-labels"):
        check_lungs(scan.hu, labels == label, scan.spacing_mm, True)


@pytest.mark.parametrize("part", [np.s_[:60], np.s_[60:], np.s_[:, :, 110:], np.s_[:, :365]])
def test_a_part_of_the_chest_is_refused_as_cut(part, sample):
    scan, _ = sample
    hu = scan.hu[part]
    with pytest.raises(ScanRefused, match="lungs-cut"):
        check_lungs(hu, lung_mask(hu, scan.spacing_mm), scan.spacing_mm, False)

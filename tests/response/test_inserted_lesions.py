"""Lesions drawn into lungs: how much, where, and with whose noise."""

import numpy as np
import pytest

from data.phantom.real_lungs import plan_real_lungs
from pylayers.errors import UsageError
from pylayers.lungs.crop import Box, LungCrop, packed
from tools.response.inserted_lesions import InsertedLesions
from tools.response.lesion_order import lesion_order, planes_in_slice
from tools.response.lung_tissue import lung_tissue

SPACING_MM = (2.5, 0.7, 0.7)
SHAPE = (24, 200, 200)
LUNG_HU, NOISE_HU, HOLE_HU = -860, 25.0, -960
DOSES = (0.02, 0.1, 0.25, 0.45)


def tube(x: float, radius: float) -> np.ndarray:
    """A tube through all slices, bool (h, w); its middle column and its radius in pixels."""
    rows, columns = np.ogrid[: SHAPE[1], : SHAPE[2]]
    return (rows - 100) ** 2 + (columns - x) ** 2 <= radius**2


VESSEL, AIRWAY = tube(60, 4), tube(140, 4)


@pytest.fixture(scope="module")
def crop() -> LungCrop:
    """Lung with noise of one sd everywhere, a vessel and an airway; soft tissue around."""
    hu = np.full(SHAPE, 40.0)
    lungs = np.zeros(SHAPE, bool)
    lungs[2:-2, 15:-15, 15:-15] = True
    hu[lungs] = LUNG_HU
    hu[:, VESSEL], hu[:, AIRWAY] = 40, -1000
    hu += np.random.default_rng(5).normal(0, NOISE_HU, SHAPE)
    return LungCrop(
        np.rint(hu).astype(np.int16),
        SPACING_MM,
        0.0,
        Box(0, SHAPE[0], 0, SHAPE[1], 0, SHAPE[2]),
        lungs_l=1.0,
        laa950=0.0,
        perc15_hu=0.0,
        mask_given=True,
        lung_bits=packed(lungs),
    )


@pytest.fixture(scope="module")
def lesions(crop) -> InsertedLesions:
    return planned(crop, seed=1)


def planned(crop, seed) -> InsertedLesions:
    rng = np.random.default_rng(seed)
    holes = plan_real_lungs(crop.lungs, SPACING_MM, rng)
    order = lesion_order(SHAPE, SPACING_MM, holes.centres, holes.radius, rng)
    return InsertedLesions(crop, lung_tissue(crop), order, HOLE_HU, blur_mm=0.6)


def test_the_extent_is_what_was_asked_for(lesions):
    for dose in DOSES:
        assert lesions.with_extent(dose).extent == pytest.approx(dose, abs=0.002)


def test_a_larger_extent_holds_the_lesions_of_a_smaller_one(crop, lesions):
    lower = crop.hu
    for dose in DOSES:
        changed = lesions.with_extent(dose).crop.hu
        assert (changed <= lower).all() and (changed < lower).any()
        lower = changed


def test_densities_are_those_of_the_changed_lungs(crop, lesions):
    changed = lesions.with_extent(0.25).crop
    inside = changed.hu[crop.lungs]
    assert changed.laa950 == pytest.approx(100 * np.mean(inside < -950))
    assert changed.perc15_hu == np.percentile(inside, 15)


def test_nothing_is_the_scan_itself(crop, lesions):
    assert lesions.with_extent(0).crop is crop


def test_vessels_airways_and_all_outside_the_lungs_stay(crop, lesions):
    changed = lesions.with_extent(0.45).crop.hu != crop.hu
    assert changed.mean() > 0.2
    assert not changed[:, VESSEL].any() and not changed[:, AIRWAY].any()
    assert not changed[~crop.lungs].any()


def test_a_lesion_has_its_density_and_the_noise_of_the_scan(crop, lesions):
    changed = lesions.with_extent(0.45).crop.hu
    whole = (lesions.order < 0.5 * lesions.order.max()).all(axis=1)  # clear of growing edges
    inside = lesions.tissue.where & whole & (changed < crop.hu - 90)
    outside = lesions.tissue.where & (changed == crop.hu)
    assert inside.sum() > 5000 and outside.sum() > 5000
    assert changed[inside].mean() == pytest.approx(HOLE_HU, abs=3)
    assert changed[inside].std() == pytest.approx(NOISE_HU, rel=0.06)
    assert changed[outside].std() == pytest.approx(NOISE_HU, rel=0.06)


def test_the_same_seed_plans_the_same_lesions_and_another_others(crop, lesions):
    again, other = (planned(crop, seed).with_extent(0.1).crop.hu for seed in (1, 2))
    assert np.array_equal(again, lesions.with_extent(0.1).crop.hu)
    assert not np.array_equal(again, other)


def test_more_than_the_lesions_reach_is_refused_with_what_they_do(lesions):
    with pytest.raises(UsageError, match=r"95 % is more than lesions can destroy .*, \d+ %"):
        lesions.with_extent(0.95)


def test_thick_slices_average_over_a_lesion():
    """A ball that ends in the middle of a slice is in half of the slice's planes."""
    planes = planes_in_slice(5.0)
    centre = np.array([[10.0, 10.0, 2.4]])  # x, y, z in mm; the upper slice's centre is at 5
    order = lesion_order((2, 21, 21), (5.0, 1.0, 1.0), centre, np.array([2.6]), _first())
    reached = (order[:, :, 10, 10] < 65535).mean(axis=1)
    assert planes == 4 and reached.tolist() == [0.5, 0.5]


def _first() -> np.random.Generator:
    return np.random.default_rng(0)

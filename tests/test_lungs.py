"""Lungs: the computed mask against a chest whose lungs are known, and label maps."""

import numpy as np
import pytest
from chest import dice, make_chest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pylayers.errors import ScanRefused
from pylayers.lungs import bounding_box, lung_mask

VARIANTS = {
    "plain": {},
    "noisy": {"noise_hu": 90.0},
    "emphysematous": {"lung_hu": -940, "noise_hu": 40.0},
    "small": {"size": 0.75},
    "shifted": {"shift_mm": (12.0, 6.0, -9.0)},
    "touching": {"touching": True},
}


@pytest.fixture(scope="module", params=VARIANTS)
def found(request):
    """A chest and the lungs computed from it."""
    chest = make_chest(**VARIANTS[request.param])
    return chest, lung_mask(chest.hu, chest.spacing_mm)


def test_computed_lungs_are_the_true_ones(found):
    chest, mask = found
    assert mask.dtype == bool and mask.shape == chest.hu.shape
    assert dice(mask, chest.lungs) > 0.98


def test_the_box_of_computed_lungs_is_the_true_one_to_a_voxel(found):
    chest, mask = found
    np.testing.assert_allclose(bounding_box(mask), bounding_box(chest.lungs), atol=1)


def test_trachea_table_and_bowel_gas_are_no_lung(found):
    chest, mask = found
    trachea = chest.airways.copy()
    trachea[:26] = False  # main bronchi may count where they enter the lungs
    assert trachea.any()
    assert not (mask & (trachea | chest.table | chest.bowel)).any()
    assert (mask & chest.airways).sum() < 0.3 * chest.airways.sum()


def test_vessels_inside_the_lungs_belong_to_them(chest):
    vessels = chest.lungs & (chest.hu > -300)
    mask = lung_mask(chest.hu, chest.spacing_mm)
    assert vessels.sum() > 100
    assert (mask & vessels).sum() > 0.95 * vessels.sum()


def test_finer_voxels_give_the_same_lungs(chest):
    fine = chest.hu.repeat(3, axis=1).repeat(3, axis=2)
    mask = lung_mask(fine, (7.0, 2.6 / 3, 2.6 / 3))
    truth = chest.lungs.repeat(3, axis=1).repeat(3, axis=2)
    assert dice(mask, truth) > 0.98


def test_the_mask_does_not_depend_on_odd_sizes(chest):
    fine = chest.hu.repeat(2, axis=1).repeat(2, axis=2)[:, 1:, 3:]
    truth = chest.lungs.repeat(2, axis=1).repeat(2, axis=2)[:, 1:, 3:]
    assert dice(lung_mask(fine, (7.0, 1.3, 1.3)), truth) > 0.97


@pytest.mark.parametrize(
    ("name", "value"), [("water", 0), ("air", -1000)], ids=["only water", "only air"]
)
def test_a_scan_without_lungs_is_refused(name, value, chest):
    with pytest.raises(ScanRefused) as caught:
        lung_mask(np.full_like(chest.hu, value), chest.spacing_mm)
    assert caught.value.slug == "no-lungs"


def test_an_abdomen_with_bowel_gas_is_refused_as_no_lungs(chest):
    with pytest.raises(ScanRefused, match=r"no-lungs: .*0\.\d\d L"):
        lung_mask(chest.hu[:5], chest.spacing_mm)


@given(
    hnp.arrays(
        bool, hnp.array_shapes(min_dims=3, max_dims=3, max_side=6), elements=st.booleans()
    ).filter(np.any)
)
def test_the_box_holds_every_voxel_and_none_of_its_faces_is_empty(mask):
    box = bounding_box(mask)
    inside = box.of(mask)
    assert inside.sum() == mask.sum()
    for axis in range(3):
        assert inside.take(0, axis).any() and inside.take(-1, axis).any()

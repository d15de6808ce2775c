"""Lungs: the computed mask against chests whose lungs are known."""

from functools import cache

import chest_variants as unusual
import numpy as np
import pytest
from chest import dice, make_chest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from data.phantom.simulation import simulate
from pylayers.errors import ScanRefused
from pylayers.lungs.crop import Box
from pylayers.lungs.label_map import lungs_of_labels
from pylayers.lungs.lung_mask import lung_mask

ON_TABLE = {"shift_mm": (0.0, 12.0, 0.0)}  # the back touches the table
VARIANTS = {
    "plain": lambda: make_chest(),
    "noisy": lambda: make_chest(noise_hu=90.0),
    "dark": lambda: make_chest(lung_hu=-940),
    "small": lambda: make_chest(size=0.65),
    "shifted": lambda: make_chest(shift_mm=(12.0, 6.0, -9.0)),
    "touching lungs": lambda: make_chest(touching=True),
    "touching lungs on a table": lambda: make_chest(touching=True, **ON_TABLE),
    "prone on a table": lambda: unusual.prone(make_chest(touching=True, shift_mm=(0, -12.0, 0))),
    "emphysema": lambda: unusual.emphysema(make_chest()),
    "noisy emphysema": lambda: unusual.emphysema(make_chest(noise_hu=90.0)),
    "bullae": lambda: unusual.bullae(make_chest(lung_hu=-935)),
    "fibrosis": lambda: unusual.fibrosis(make_chest()),
    "effusion": lambda: unusual.effusion(make_chest()),
    "dome of the liver": lambda: unusual.dome(make_chest()),
    "a lung in two": lambda: unusual.fissure(make_chest()),
    "one lung smaller": lambda: unusual.small_left_lung(make_chest(), 165),
    "stomach": lambda: unusual.stomach(make_chest()),
    "stomach below emphysema": lambda: unusual.stomach(unusual.emphysema(make_chest())),
    "colon": lambda: unusual.colon(make_chest(shift_mm=(18.0, 0, 0))),
    "stool": lambda: unusual.stool(make_chest()),
    "arms down": lambda: unusual.arms_down(make_chest()),
    "arms down, touching lungs": lambda: unusual.arms_down(make_chest(touching=True, **ON_TABLE)),
    "arms up": lambda: unusual.arms_up(make_chest()),
    "circle in the wall": lambda: unusual.circle(make_chest(), 140.0),
}


@cache
def computed(name):
    """A chest of VARIANTS and the lungs computed from it."""
    chest = VARIANTS[name]()
    return chest, lung_mask(chest.hu, chest.spacing_mm)


@pytest.fixture(scope="module", params=VARIANTS)
def found(request):
    """A chest and the lungs computed from it."""
    return computed(request.param)


def test_computed_lungs_are_the_true_ones(found):
    chest, mask = found
    assert mask.dtype == bool and mask.shape == chest.hu.shape
    assert dice(mask, chest.lungs) > 0.99


def test_the_box_of_computed_lungs_is_the_true_one(found):
    chest, mask = found
    np.testing.assert_array_equal(Box.around(mask), Box.around(chest.lungs))


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


@pytest.mark.parametrize("side", ["right", "left", "front", "back", "all around"])
def test_lungs_cut_by_the_border_or_the_circle_are_found(side, chest):
    cut = {
        "right": lambda: unusual.cut(chest, 2, 24, None),
        "left": lambda: unusual.cut(chest, 2, 0, 104),
        "front": lambda: unusual.cut(chest, 1, 42, None),
        "back": lambda: unusual.cut(chest, 1, 0, 86),
        "all around": lambda: unusual.circle(chest, 120.0),
    }[side]()
    assert cut.lungs.sum() < 0.97 * chest.lungs.sum()
    mask = lung_mask(cut.hu, cut.spacing_mm)
    assert dice(mask, cut.lungs) > 0.96
    np.testing.assert_allclose(Box.around(mask), Box.around(cut.lungs), atol=1)


@pytest.mark.parametrize("factors", [(1, 3, 3), (1, 6, 6), (14, 1, 1), (3, 2, 2)])
def test_finer_voxels_give_the_same_lungs(factors, chest):
    fine = unusual.resampled(chest, factors)
    mask = lung_mask(fine.hu, fine.spacing_mm)
    assert dice(mask, fine.lungs) > 0.98
    np.testing.assert_allclose(Box.around(mask), Box.around(fine.lungs), atol=max(factors) // 2)


def test_coarse_voxels_give_the_same_lungs(chest):
    hu = chest.hu.reshape(40, 64, 2, 64, 2).mean(axis=(2, 4)).round().astype(np.int16)
    lungs = chest.lungs[:, ::2, ::2]
    assert dice(lung_mask(hu, (7.0, 5.2, 5.2)), lungs) > 0.97


def test_the_mask_does_not_depend_on_odd_sizes_or_memory_order(chest):
    fine = unusual.resampled(chest, (1, 2, 2))
    hu = np.asfortranarray(fine.hu[:, 1:, 3:])[::-1][::-1]
    assert not hu.flags.c_contiguous
    mask = lung_mask(hu, fine.spacing_mm)
    assert dice(mask, fine.lungs[:, 1:, 3:]) > 0.97
    np.testing.assert_array_equal(mask, lung_mask(np.ascontiguousarray(hu), fine.spacing_mm))


@pytest.mark.parametrize("index", [2, 7])  # sharp kernel, circle; 7: emphysema
def test_lungs_of_phantoms_are_found(index):
    subject, phantom, _ = simulate(1, index)
    spacing = (subject.slice_mm, subject.spacing_mm, subject.spacing_mm)
    mask, lungs = lung_mask(phantom.hu, spacing), lungs_of_labels(phantom.mask)
    assert dice(mask, lungs) > 0.98
    ours, theirs = (np.reshape(Box.around(m), (3, 2)) for m in (mask, lungs))
    assert np.all(np.abs(ours - theirs) <= 0.02 * np.ptp(theirs, axis=1)[:, None])


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


def test_head_and_shoulders_are_refused_as_no_lungs(chest):
    head = unusual.cut(unusual.arms_up(chest), 0, 35, None)
    assert head.airways.any()
    with pytest.raises(ScanRefused, match="no-lungs"):
        lung_mask(head.hu, head.spacing_mm)


def test_balloons_in_place_of_lungs_are_refused_as_no_lungs(chest):
    hu = np.where(chest.lungs, -990, chest.hu).astype(np.int16)
    with pytest.raises(ScanRefused, match=r"no-lungs: .*\d\.\d\d L of gas"):
        lung_mask(hu, chest.spacing_mm)


@given(
    hnp.arrays(np.int16, (5, 8, 8), elements=st.sampled_from([-1024, -1000, -850, -450, 0, 900])),
    st.sampled_from([(5.0, 5.0, 5.0), (0.5, 0.5, 0.5), (10.0, 40.0, 40.0)]),
)
def test_any_voxels_give_a_mask_or_are_refused(hu, spacing_mm):
    try:
        assert lung_mask(hu, spacing_mm).any()
    except ScanRefused as error:
        assert error.slug == "no-lungs"


@given(
    hnp.arrays(
        bool, hnp.array_shapes(min_dims=3, max_dims=3, max_side=6), elements=st.booleans()
    ).filter(np.any)
)
def test_the_box_holds_every_voxel_and_none_of_its_faces_is_empty(mask):
    box = Box.around(mask)
    inside = box.of(mask)
    assert inside.sum() == mask.sum()
    for axis in range(3):
        assert inside.take(0, axis).any() and inside.take(-1, axis).any()

"""What is refused, and what is only named, about lungs."""

import contextlib
import re

import chest_variants as unusual
import numpy as np
import pytest
from chest import make_chest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from test_lung_mask import VARIANTS, computed

from pylayers.errors import ScanRefused
from pylayers.lungs.lung_checks import check_lungs
from pylayers.lungs.lung_mask import lung_mask


def checked(chest):
    """Warnings about a chest and its computed lungs."""
    return check_lungs(chest.hu, lung_mask(chest.hu, chest.spacing_mm), chest.spacing_mm, False)


def refusal(chest, mask=None) -> ScanRefused:
    """How a chest, and its mask if one is given, is refused."""
    with pytest.raises(ScanRefused) as caught:
        if mask is None:
            checked(chest)
        else:
            check_lungs(chest.hu, mask, chest.spacing_mm, True)
    return caught.value


DESTROYED = {name for name in VARIANTS if "emphysema" in name}  # some 85 % below -950 HU


@pytest.mark.parametrize("name", VARIANTS)
def test_whole_pairs_of_lungs_give_no_warning_but_on_their_density(name):
    chest, mask = computed(name)
    for lungs, given_mask in ((mask, False), (chest.lungs, True)):
        warnings = check_lungs(chest.hu, lungs, chest.spacing_mm, given_mask)
        if name in DESTROYED:
            (warning,) = warnings
            assert re.match(
                r"[78]\d % of the lungs are below -950 HU even without noise; ", warning
            )
        else:
            assert warnings == []


@pytest.mark.parametrize("centre", [(150, 0, 75), (110, 20, -75)])
def test_a_large_space_of_gas_in_a_lung_is_said(centre, chest):
    z, y, x = unusual._mm(chest)
    distance = (z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2
    for radius, said in ((40, 0), (56, 1)):  # 0.25 and 0.7 L
        hu = np.where(chest.lungs & (distance < radius**2), -1000, chest.hu).astype(np.int16)
        warnings = check_lungs(hu, chest.lungs, chest.spacing_mm, False)
        assert len(warnings) == said
        assert all("space of gas" in w and "pneumothorax" in w for w in warnings)


def test_lungs_with_hardly_any_air_are_said(chest):
    hu = np.where(chest.lungs, np.maximum(chest.hu, -520), chest.hu).astype(np.int16)
    (warning,) = check_lungs(hu, chest.lungs, chest.spacing_mm, True)
    assert warning.startswith("the lungs are dense, with a median of -520 HU")


@pytest.mark.parametrize(
    ("side", "axis", "some", "much"),
    [
        ("bottom", 0, (9, None), (13, None)),
        ("top", 0, (0, 34), (0, 29)),
        ("right side", 2, (14, None), (20, None)),
        ("left side", 2, (0, 114), (0, 108)),
        ("front", 1, (37, None), (42, None)),
        ("back", 1, (0, 91), (0, 86)),
    ],
)
def test_a_cut_is_named_and_much_of_it_refused(side, axis, some, much, chest):
    (warning,) = checked(unusual.cut(chest, axis, *some))
    assert warning.startswith(f"the lungs are cut at the {side}: ")
    error = refusal(unusual.cut(chest, axis, *much))
    assert error.slug == "lungs-cut" and f"the {side}:" in error.sentence


def test_a_few_voxels_on_the_border_are_no_cut(chest):
    lowest, highest = np.flatnonzero(chest.lungs.any(axis=(1, 2)))[[0, -1]]
    assert checked(unusual.cut(chest, 0, lowest, highest + 1)) == []


def test_a_circle_that_cuts_the_lungs_is_a_cut(chest):
    assert checked(unusual.circle(chest, 134.0)) == []
    warnings = checked(unusual.circle(chest, 128.0))
    assert [warning.split(":")[0] for warning in warnings] == [
        "the lungs are cut at the right side",
        "the lungs are cut at the left side",
    ]
    assert refusal(unusual.circle(chest, 122.0)).slug == "lungs-cut"


def test_an_abdomen_with_the_bases_of_the_lungs_is_refused(chest):
    for slices in (8, 10, 14, 18):
        assert refusal(unusual.cut(chest, 0, 0, slices)).slug in ("no-lungs", "lungs-cut")


@pytest.mark.parametrize(("shift_x", "touching"), [(0.0, False), (-20.0, True), (20.0, True)])
def test_a_small_lung_is_named_and_a_missing_one_refused(shift_x, touching):
    chest = make_chest(shift_mm=(0, 0, shift_x), touching=touching)
    assert checked(unusual.small_left_lung(chest, 150)) == []
    (warning,) = checked(unusual.small_left_lung(chest, 195))
    assert warning.startswith("the left lung is ")
    for height in (225, 300):
        assert refusal(unusual.small_left_lung(chest, height)).slug == "one-lung"


def test_few_slices_are_refused_and_wide_spacing_is_named(chest):
    slices = np.count_nonzero(chest.lungs.any(axis=(1, 2)))
    assert 16 <= slices < 32  # every second slice is too few
    wide = unusual.cut(chest, 0, step=2)
    error = refusal(wide)
    assert error.slug == "few-slices" and "14 mm apart" in error.sentence
    tall = unusual.replace(chest, spacing_mm=(12.0, 2.6, 2.6))
    assert checked(tall) == ["slices lie 12 mm apart"]


def test_too_little_and_too_much_are_no_lungs(chest):
    for factor, litres in ((0.4, "0.2"), (1.8, "2")):
        spacing = tuple(factor * s for s in chest.spacing_mm)
        error = refusal(unusual.replace(chest, spacing_mm=spacing))
        assert error.slug == "no-lungs" and litres in error.sentence


def test_a_mask_of_other_organs_is_refused_and_labels_are_hinted_at(chest):
    body = chest.hu > -300
    error = refusal(chest, body & ~chest.table)
    assert error.slug == "mask-not-lung"
    assert "100 % of what the mask marks" in error.sentence and "10-14" in error.sentence


def test_a_mask_upside_down_is_named_or_refused():
    chest = make_chest(shift_mm=(20.0, 0, 0))
    upside_down = chest.lungs[::-1]
    (warning,) = check_lungs(chest.hu, upside_down, chest.spacing_mm, True)
    assert "soft tissue" in warning
    shifted = np.roll(chest.lungs, 28, axis=2)
    assert refusal(chest, shifted).slug == "mask-not-lung"


def test_a_mask_of_one_lung_is_refused_with_a_hint_at_labels(chest):
    left = chest.lungs.copy()
    left[:, :, :64] = False
    error = refusal(chest, left)
    assert error.slug == "one-lung" and "--mask-labels" in error.sentence


def test_a_mask_of_too_little_lung_is_no_lungs(chest):
    little = chest.lungs.copy()
    little[18:] = False
    little[:, :, 54:74] = little[:, :70] = False
    error = refusal(chest, little)
    assert error.slug == "no-lungs" and "the mask marks 0." in error.sentence


@given(
    hnp.arrays(np.int16, (5, 8, 8), elements=st.sampled_from([-1024, -850, 0])),
    hnp.arrays(bool, (5, 8, 8)).filter(np.any),
    st.sampled_from([(2.0, 2.0, 2.0), (10.0, 40.0, 40.0)]),
    st.booleans(),
)
def test_any_voxels_and_mask_give_warnings_or_are_refused(hu, mask, spacing_mm, mask_given):
    with contextlib.suppress(ScanRefused):
        check_lungs(hu, mask, spacing_mm, mask_given)


def test_lungs_without_any_tissue_around_are_no_error(chest):
    air = np.full_like(chest.hu, -850)
    assert check_lungs(air, chest.lungs, chest.spacing_mm, False) == []


def test_a_mask_of_gas_is_no_lung():
    chest = unusual.arms_down(make_chest())
    gas = np.zeros_like(chest.lungs)
    gas[2:38, 5:40, 40:180] = chest.hu[2:38, 5:40, 40:180] < -900
    assert refusal(chest, gas & ~chest.lungs).slug == "mask-not-lung"

"""Calibration: an offset or a wrong scale is refused on two witnesses, healthy air never."""

import re

import chest_variants as unusual
import numpy as np
import pytest
from chest import make_chest

from pylayers.errors import ScanRefused
from pylayers.lungs.air_map import map_air
from pylayers.lungs.calibration import check_calibration
from pylayers.reading.air_level import check_low_end

TABLE_HU = -955  # a mattress


@pytest.fixture(scope="module")
def fine():
    """A chest in pixels of 1.3 mm, so that its windpipe is wider than its blur."""
    return unusual.resampled(make_chest(noise_hu=0.0), (1, 2, 2))


def with_noise(chest, sd, offset=0.0, scale=1.0):
    """A chest's HU with noise, then a wrong scale and offset, cut off at the scale's end."""
    rng = np.random.default_rng(3)
    hu = (chest.hu + rng.normal(0, sd, chest.hu.shape)).clip(-1024) * scale + offset
    return np.rint(hu).clip(-1024, 3071).astype(np.int16)


def checked(hu, spacing_mm):
    """Warnings about a volume's calibration."""
    return check_calibration(hu, map_air(hu, spacing_mm))


def close(chest):
    """Only what lies within the body's own extent: the patient fills the view."""
    rows, columns = (np.flatnonzero((chest.hu > -300).any(axis=axis)) for axis in ((0, 2), (0, 1)))
    first = np.flatnonzero((chest.hu > -300)[:, : chest.hu.shape[1] // 2].any(axis=(0, 2)))[0]
    cut = unusual.cut(chest, 1, first, rows[-1])
    return unusual.cut(cut, 2, columns[0], columns[-1] + 1)


@pytest.mark.parametrize("sd", [5, 60, 110])
@pytest.mark.parametrize("view", ["wide", "filled by the patient", "circle"])
def test_noise_cut_off_at_the_scales_end_is_no_offset(fine, sd, view):
    change = {"wide": lambda c: c, "filled by the patient": close}.get(
        view, lambda c: unusual.circle(c, 150.0)
    )
    chest = change(fine)
    assert checked(with_noise(chest, sd), chest.spacing_mm) == []


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_mattress_around_the_patient_is_not_taken_for_air(fine, share):
    outside = ~map_air(fine.hu, fine.spacing_mm).body
    rows = np.arange(fine.hu.shape[1])[None, :, None] >= (1 - share) * fine.hu.shape[1]
    steps = fine.hu.shape[1] // outside.shape[1]
    padded = outside.repeat(steps, 1).repeat(steps, 2)
    mattress = padded & rows & (fine.hu < -900)
    hu = np.where(mattress, TABLE_HU, fine.hu)
    assert checked(with_noise(unusual.replace(fine, hu=hu), 15), fine.spacing_mm) == []


@pytest.mark.parametrize(
    ("offset", "scale"), [(100, 1), (80, 1), (250, 1), (0, 0.9), (0, 0.8), (-100, 0.75)]
)
@pytest.mark.parametrize("sd", [15, 60])
def test_air_that_is_off_in_two_places_is_refused(fine, offset, scale, sd):
    with pytest.raises(ScanRefused, match=r"not-hu: the air around the patient has -\d+ HU; the "):
        checked(with_noise(fine, sd, offset, scale), fine.spacing_mm)


def test_an_offset_is_seen_without_a_windpipe(fine):
    hu = np.where(fine.airways, 40, with_noise(fine, 15, 100)).astype(np.int16)
    with pytest.raises(ScanRefused, match=r"not-hu: .*soft tissue has 1\d\d HU: both are about"):
        checked(hu, fine.spacing_mm)


@pytest.mark.parametrize("outside", [-850, -700])
def test_one_odd_witness_is_said(fine, outside):
    body = map_air(fine.hu, fine.spacing_mm).body
    steps = fine.hu.shape[1] // body.shape[1]
    around = ~body.repeat(steps, 1).repeat(steps, 2)
    hu = with_noise(fine, 15)
    odd = outside + np.random.default_rng(1).normal(0, 15, hu.shape)
    (warning,) = checked(np.where(around, odd, hu).astype(np.int16), fine.spacing_mm)
    level = re.match(r"the air around the patient has (-\d+) HU; .* may be off", warning)
    assert abs(int(level[1]) - outside) < 10


def test_constant_surroundings_are_no_witness(fine):
    body = map_air(fine.hu, fine.spacing_mm).body
    steps = fine.hu.shape[1] // body.shape[1]
    around = ~body.repeat(steps, 1).repeat(steps, 2)
    for value in (-1024, -1000, -930):
        hu = np.where(around, value, with_noise(fine, 15)).astype(np.int16)
        assert checked(hu, fine.spacing_mm) == []


@pytest.mark.parametrize(("air", "slug"), [(-1010, None), (-1055, None), (-1080, "refused")])
def test_air_below_the_scale_is_said_or_refused(air, slug):
    rng = np.random.default_rng(0)
    parts = [rng.normal(air, 20, 4000), rng.normal(40, 20, 4000), rng.normal(-860, 40, 3000)]
    hu = np.rint(np.concatenate(parts)).astype(np.int16)
    if slug:
        with pytest.raises(ScanRefused, match="not-hu: air has -10"):
            check_low_end("scan", hu)
    else:
        assert len(check_low_end("scan", hu)) == (air < -1050)


@pytest.mark.parametrize("end", [-900, -800])
def test_numbers_cut_off_within_the_lungs_are_refused(end):
    rng = np.random.default_rng(0)
    parts = [rng.normal(-1000, 20, 4000), rng.normal(40, 20, 4000), rng.normal(-860, 40, 3000)]
    hu = np.rint(np.concatenate(parts)).astype(np.int16)
    assert check_low_end("scan", hu) == []
    with pytest.raises(ScanRefused, match=f"nothing in scan is below {end} HU"):
        check_low_end("scan", hu.clip(end))

"""A phantom scanned again is the same subject, otherwise scanned."""

import numpy as np
import pytest

from data.phantom.physique import LUNG_HU
from data.phantom.repeat_cohort import Source, is_stored, make_repeats
from data.phantom.second_scans import (
    BREATH_HU,
    CONDITIONS,
    SHIFT_MM,
    TURN_DEG,
    scan_again,
    second_subject,
)
from data.phantom.simulation import simulate
from data.phantom.subject import draw_subject
from pylayers.cohort.cohort import read_cohort
from tools.repeatability.comparisons import COMPARISONS


@pytest.fixture(scope="module")
def subject():
    return draw_subject(np.random.default_rng(3))


def test_every_condition_is_compared_and_every_compared_one_is_scanned():
    assert {name for pair in COMPARISONS.values() for name in pair} == set(CONDITIONS)


def test_half_the_dose_has_the_noise_of_half_the_photons(subject):
    noisy = second_subject(subject, "half_dose")
    assert noisy.noise_sd_hu**2 == pytest.approx(2 * subject.noise_sd_hu**2)


def test_a_kernel_changes_noise_and_sharpness_alone(subject):
    soft, sharp = (second_subject(subject, kernel) for kernel in ("soft", "sharp"))
    assert (soft.kernel, sharp.kernel) == ("soft", "sharp")
    assert sharp.noise_sd_hu > 2 * soft.noise_sd_hu
    assert second_subject(subject, subject.kernel).noise_sd_hu == pytest.approx(subject.noise_sd_hu)


def test_a_turn_and_a_shift_move_points_as_they_say(subject):
    points = np.array([[0.0, 0.0], [100.0, 0.0]])
    at = subject.grid.to_pixels(points)
    turned = second_subject(subject, "turn").grid.to_pixels(points)
    assert turned[0] == pytest.approx(at[0])
    across, along = turned[1] - turned[0]
    assert np.degrees(np.arctan2(along, across)) == pytest.approx(TURN_DEG)
    assert np.hypot(across, along) == pytest.approx(100 / subject.spacing_mm)
    moved = second_subject(subject, "shift").grid.to_pixels(points) - at
    assert moved * subject.spacing_mm == pytest.approx(np.array([SHIFT_MM, SHIFT_MM]))


def test_a_shallower_breath_keeps_the_lungs_mass(subject):
    shallow = second_subject(subject, "breath")
    assert shallow.inspiration_hu == subject.inspiration_hu + BREATH_HU
    before = 1000 + LUNG_HU + subject.inspiration_hu + subject.inflammation_hu
    volume = shallow.scale**2 * shallow.scale_z
    assert volume * (before + BREATH_HU) == pytest.approx(before)


def test_an_unknown_condition_is_named(subject):
    with pytest.raises(ValueError, match="'sideways' is none of"):
        second_subject(subject, "sideways")


@pytest.mark.slow
def test_the_first_scan_is_the_cohorts_and_another_differs_in_its_noise_alone():
    _, phantom, _ = simulate(7, 2)
    _, first = scan_again(7, 2, "first")
    _, again = scan_again(7, 2, "again")
    assert np.array_equal(first.hu, phantom.hu)
    assert np.array_equal(again.mask, phantom.mask)
    lung = phantom.mask & 0xFF > 0
    apart = again.hu[lung].astype(float) - phantom.hu[lung]
    assert abs(apart.mean()) < 1 and apart.std() > 15
    assert again.facts["laa950"] == pytest.approx(phantom.facts["laa950"], abs=0.5)


@pytest.mark.slow
def test_stored_scans_are_not_made_again(tmp_path, monkeypatch):
    """Killed after some scans, the same call makes the rest."""
    monkeypatch.setattr("data.phantom.repeat_cohort.CONDITIONS", ("first", "again"))
    source = Source(7)
    assert make_repeats(tmp_path, source, [2], workers=1, quiet=True) == {}
    cohort = read_cohort(tmp_path)
    assert [scan.row["condition"] for scan in cohort.scans] == ["first", "again"]
    stores = [cohort.store_path(scan) for scan in cohort.scans]
    stores[1].unlink()
    kept = stores[0].stat().st_mtime_ns
    assert not is_stored(tmp_path, source, 2, "again")
    make_repeats(tmp_path, source, [2], workers=1, quiet=True)
    assert stores[0].stat().st_mtime_ns == kept and is_stored(tmp_path, source, 2, "again")
    assert not is_stored(tmp_path, Source(8), 2, "first")  # another seed's phantom

"""Repeatability's statistics against numbers worked out by hand."""

import math

import numpy as np
import pytest

from tools.repeatability.comparisons import COMPARISONS, RepeatScan, compare_scans
from tools.stats.measurement_error import measurement_error

FIRST, SECOND = [10.0, 20.0, 30.0, 40.0], [11.0, 23.0, 31.0, 43.0]  # differences 1, 3, 1, 3


def test_numbers_worked_out_by_hand():
    error = measurement_error(FIRST, SECOND)
    sd = math.sqrt(4 / 3)  # of the differences
    assert error.n == 4 and error.shift.value == pytest.approx(2)
    assert error.lower_limit.value == pytest.approx(2 - 1.96 * sd, abs=1e-3)
    assert error.upper_limit.value == pytest.approx(2 + 1.96 * sd, abs=1e-3)
    # s_w = sqrt((1 + 9 + 1 + 9) / (2 * 4)); means 10.5, 21.5, 30.5, 41.5 about 26
    within, between = math.sqrt(2.5), math.sqrt((15.5**2 + 4.5**2) * 2 / 3)
    assert error.within_sd == pytest.approx(within)
    assert error.smallest_change == pytest.approx(1.96 * math.sqrt(2) * within, abs=1e-3)
    assert error.relative == pytest.approx(1.96 * math.sqrt(5) / between, abs=1e-4)


def test_the_same_numbers_twice_have_no_error():
    error = measurement_error(FIRST, FIRST)
    assert error.shift.value == error.within_sd == error.smallest_change == error.relative == 0


def test_too_few_subjects_say_why_and_have_no_number():
    error = measurement_error([1.0, 2.0], [1.5, 2.0])
    assert error.n == 2 and math.isnan(error.smallest_change) and "2 scans" in error.shift.why


def scans(*conditions: str, subjects=5) -> list[RepeatScan]:
    """A method that adds 1 to the second condition, and one that reads the subject's number."""
    return [
        RepeatScan(f"s{number}", condition, {"moved": number + position, "still": float(number)})
        for number in range(subjects)
        for position, condition in enumerate(conditions)
    ]


def test_each_comparison_takes_the_second_scan_less_the_first():
    compared = {(c.comparison, c.method): c.error for c in compare_scans(scans("soft", "sharp"))}
    assert len(compared) == 2 * len(COMPARISONS)
    kernel = "sharp kernel, not soft"
    assert compared[kernel, "moved"].shift.value == 1
    assert compared[kernel, "still"].smallest_change == 0
    assert compared["half the dose", "moved"].n == 0  # these conditions were not scanned


def test_a_subject_without_both_scans_is_left_out():
    kept = [scan for scan in scans("first", "again") if scan[:2] != ("s0", "again")]
    error = next(c.error for c in compare_scans(kept) if c.comparison == "nothing but noise")
    assert error.n == 4 and np.isfinite(error.smallest_change)

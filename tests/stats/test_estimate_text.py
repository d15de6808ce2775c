"""Estimates in print: numbers with their interval, or the reason why there is none."""

import math

import pytest

from tools.stats.correlation import spearman_interval
from tools.stats.estimate import Estimate, no_estimate, no_interval
from tools.stats.estimate_text import MINUS, estimate_text, number_text


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(-0.821, -0.9, -0.7), "-0.82 [-0.90, -0.70]"),
        (Estimate(0.821), "0.82"),
        (no_interval(1, "all scans lie on one line"), "1.00"),
        (Estimate(math.nan), "n/a"),
        (no_estimate("LAA-950 is missing"), "n/a: LAA-950 is missing"),
        (spearman_interval([1, 2], [1, 2]), "n/a: 2 scans, at least 4 are needed"),
    ],
)
def test_an_estimate_reads_as_numbers_or_as_a_reason(estimate, text):
    assert estimate_text(estimate) == text


def test_figures_have_true_minus_signs_and_words_before_the_interval():
    text = estimate_text(Estimate(-12.34, -13, 2), 1, MINUS, ", 95 % CI")
    assert text == "−12.3, 95 % CI [−13.0, 2.0]"
    assert (
        estimate_text(no_estimate("LAA-950 is missing"), minus=MINUS) == "n/a: LAA-950 is missing"
    )
    assert number_text(-3.7, 0) == "−4"


def test_the_absolute_value_mirrors_its_interval():
    assert Estimate(-0.4, -0.6, 0.1).absolute() == Estimate(0.4, -0.1, 0.6)
    assert Estimate(0.4, 0.1, 0.6).absolute() == Estimate(0.4, 0.1, 0.6)
    missing = no_estimate("one class")
    assert missing.absolute() is missing

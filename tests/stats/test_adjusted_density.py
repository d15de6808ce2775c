"""Volume adjustment: a breath is undone exactly, body size is no breath, disease stays."""

import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from tools.stats.adjusted_density import (
    fit_breath_slope,
    fit_expected_volume,
    sponge_density,
)

pytestmark = pytest.mark.filterwarnings("error")


def test_the_expected_volume_is_the_power_of_the_sides_that_made_the_volumes():
    rng = np.random.default_rng(0)
    width, depth = rng.uniform(220, 300, 30), rng.uniform(160, 230, 30)
    found = fit_expected_volume(width, depth, 3e-6 * width**1.5 * depth)
    assert (found.of_width, found.of_depth) == (pytest.approx(1.5), pytest.approx(1))
    assert found(250, 200) == pytest.approx(3e-6 * 250**1.5 * 200)


def test_rib_cages_of_one_size_are_expected_to_hold_the_mean():
    found = fit_expected_volume([250] * 4, [190] * 4, [4, 5, 5, 6.25])
    assert found([250, 200], [190, 190]) == pytest.approx([5, 5], rel=1e-9)
    depth = np.array([150, 180, 200, 240])
    found = fit_expected_volume([250] * 4, depth, depth / 40)  # one side says it
    assert found([250, 250], [160, 220]) == pytest.approx([4, 5.5])


def test_the_sponge_model_undoes_a_breath_exactly():
    """A lung of 5 l at 200 g/l is breathed out and in: its tissue stays 1 kg."""
    volume = np.array([3.0, 4.0, 5.0, 6.5])
    density_hu = 1000 / volume - 1000
    assert sponge_density(density_hu, volume, 5.0) == pytest.approx([-800] * 4)


def test_large_subjects_are_not_taken_for_deep_breaths():
    rng = np.random.default_rng(1)
    width = rng.uniform(220, 300, 60)
    volume, tissue = 2e-7 * width**3, rng.uniform(120, 250, 60)
    depth = 0.75 * width
    expected = fit_expected_volume(width, depth, volume)(width, depth)
    assert sponge_density(tissue - 1000, volume, expected) == pytest.approx(tissue - 1000)


def test_the_regression_undoes_the_breath_and_keeps_what_disease_adds_to_the_volume():
    rng = np.random.default_rng(2)
    disease, breath = rng.uniform(0, 1, 200), rng.normal(0, 0.1, 200)
    volume = 5 * np.exp(breath + 0.3 * disease)  # disease inflates
    density = -830 - 90 * breath - 60 * disease
    found = fit_breath_slope(density, volume, np.full(200, 5.0), disease)
    assert found.slope == pytest.approx(-90)
    adjusted = found(density, volume, np.full(200, 5.0))
    assert abs(spearmanr(adjusted, disease).statistic) > abs(spearmanr(density, disease).statistic)
    assert abs(np.corrcoef(adjusted, breath)[0, 1]) < 0.1
    plain = np.polyfit(np.log(volume), density, 1)[0]
    assert plain < -130  # what a regression without the disease takes for breath


def test_without_an_adjustment_it_says_why():
    sides = [4, 5, 6, 7]
    assert "missing for 1 of 4" in fit_expected_volume([1, 2, 3, math.nan], sides, sides).why
    assert "not above 0" in fit_expected_volume(sides, [1, 2, 3, 0], sides).why
    few = fit_breath_slope([1, 2], [3, 4], [3, 4], [0, 1])
    assert "at least 4" in few.why and np.isnan(few([1.0], [2.0], [3.0])).all()
    same = fit_breath_slope([1, 2, 3, 4], [5] * 4, [5] * 4, [0, 1, 0, 1])
    assert same.slope == 0 and "same for all" in same.why

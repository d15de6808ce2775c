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


def test_the_expected_volume_is_the_power_of_the_width_that_made_the_volumes():
    width = np.linspace(220, 300, 30)
    found = fit_expected_volume(width, 2e-7 * width**3)
    assert found.exponent == pytest.approx(3)
    assert found(250) == pytest.approx(2e-7 * 250**3)


def test_chests_of_one_width_are_expected_to_hold_the_mean():
    found = fit_expected_volume([250] * 4, [4, 5, 5, 6.25])
    assert found([250, 200]) == pytest.approx([5, 5], rel=1e-9)


def test_the_sponge_model_undoes_a_breath_exactly():
    """A lung of 5 l at 200 g/l is breathed out and in: its tissue stays 1 kg."""
    volume = np.array([3.0, 4.0, 5.0, 6.5])
    density_hu = 1000 / volume - 1000
    assert sponge_density(density_hu, volume, 5.0) == pytest.approx([-800] * 4)


def test_large_subjects_are_not_taken_for_deep_breaths():
    rng = np.random.default_rng(1)
    width = rng.uniform(220, 300, 60)
    volume, tissue = 2e-7 * width**3, rng.uniform(120, 250, 60)
    expected = fit_expected_volume(width, volume)(width)
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
    assert "missing for 1 of 4" in fit_expected_volume([1, 2, 3, math.nan], [4, 5, 6, 7]).why
    assert "not above 0" in fit_expected_volume([1, 2, 3, 0], [4, 5, 6, 7]).why
    few = fit_breath_slope([1, 2], [3, 4], [3, 4], [0, 1])
    assert "at least 4" in few.why and np.isnan(few([1.0], [2.0], [3.0])).all()
    same = fit_breath_slope([1, 2, 3, 4], [5] * 4, [5] * 4, [0, 1, 0, 1])
    assert same.slope == 0 and "same for all" in same.why

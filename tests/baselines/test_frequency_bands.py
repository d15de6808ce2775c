"""Kernel normalisation: bands add up to the scan, and a sharpened copy gets its LAA-950 back."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from tools.baselines.frequency_bands import (
    SIGMAS_MM,
    band_values,
    energies,
    normalised,
    soft_reference,
)
from tools.baselines.kernel_methods import normalised_laa950, normalised_perc15

PIXEL_MM = (0.7, 0.7)


@pytest.fixture(scope="module")
def lung():
    """A soft lung: noise about -880 HU of a sd that reaches -950."""
    rng = np.random.default_rng(1)
    noise = gaussian_filter(rng.normal(size=(4, 160, 160)), (0, 2, 2))
    return -880 + 40 * noise / noise.std(), np.ones((4, 160, 160), bool)


def test_the_bands_of_the_lung_voxels_add_up_to_their_hu(lung):
    hu, _ = lung
    lungs = np.zeros(hu.shape, bool)
    lungs[1:, 20:90, 30:70] = True
    bands = band_values(hu, lungs, PIXEL_MM)
    assert bands.shape == (lungs.sum(), len(SIGMAS_MM) + 1)
    np.testing.assert_allclose(bands.sum(axis=1), hu[lungs], atol=1e-3)


def test_a_constant_lung_has_no_energy_and_stays_as_it_is():
    hu, lungs = np.full((2, 40, 40), -870), np.ones((2, 40, 40), bool)
    bands = band_values(hu, lungs, PIXEL_MM)
    own = energies(bands)
    np.testing.assert_allclose(own, 0, atol=1e-3)
    np.testing.assert_allclose(normalised(bands, 0 * own, own + 5), -870, atol=1e-3)


def test_a_scan_in_the_reference_kernel_is_not_changed(lung):
    bands = band_values(*lung, PIXEL_MM)
    own = energies(bands)
    np.testing.assert_allclose(normalised(bands, own, own), lung[0].ravel(), atol=1e-3)


@pytest.mark.parametrize("gain", [1.5, 3.0])
def test_a_sharpened_copy_gets_its_densities_back(gain, lung):
    hu, lungs = lung
    sharp = hu + gain * (hu - gaussian_filter(hu, (0, 1.5, 1.5)))  # unsharp masking
    soft = band_values(hu, lungs, PIXEL_MM)
    hard = band_values(sharp, lungs, PIXEL_MM)
    back = normalised(hard, energies(hard), energies(soft))
    for density, least in ((normalised_laa950, 2.0), (normalised_perc15, 5.0)):
        shift = density(sharp.ravel()) - density(hu.ravel())
        assert abs(shift) > least
        assert abs(density(back) - density(hu.ravel())) < 0.1 * abs(shift)


def test_bands_are_those_of_millimetres_and_not_of_pixels():
    x = np.tile(np.arange(120), (120, 1))
    fine = 50 * np.sin(2 * np.pi * x * 0.5 / 8)  # 8 mm at pixels of 0.5 mm
    coarse = 50 * np.sin(2 * np.pi * x[:60, :60] * 1.0 / 8)
    inner = np.zeros((1, 120, 120), bool)
    inner[:, 40:80, 40:80] = True
    a = energies(band_values(fine[None], inner, (0.5, 0.5)))
    b = energies(band_values(coarse[None], inner[:, ::2, ::2], (1.0, 1.0)))
    np.testing.assert_allclose(a, b, rtol=0.06)


def test_the_reference_is_the_mean_of_the_softest_quarter():
    of_scans = np.array([[9.0, 1], [2, 5], [8, 1], [1, 3], [7, 1], [6, 1], [5, 1], [4, 1]])
    np.testing.assert_allclose(soft_reference(of_scans), [1.5, 4])
    np.testing.assert_allclose(soft_reference(of_scans[:1]), of_scans[0])

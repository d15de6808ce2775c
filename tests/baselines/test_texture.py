"""Texture: responses of functions whose derivatives are known, histograms of known regions."""

import numpy as np
import pytest
from stored_cohort import crop_of

from tools.baselines.gaussian_bank import RESPONSES, SCALES_MM, bank_responses
from tools.baselines.histograms import BINS, histograms
from tools.baselines.texture_regions import (
    REGIONS,
    SHIFT_HU,
    SIDE_MM,
    VOXELS,
    drawn_voxels,
    texture_features,
)

SHAPE, SPACING_MM = (40, 60, 50), (1.0, 0.8, 1.25)
CENTRE = np.array([[20, 30, 25]])


def volume(of):
    """A volume of a function of millimetres (z, y, x) about the centre voxel."""
    grid = np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij")
    return of(*((g - c) * mm for g, c, mm in zip(grid, CENTRE[0], SPACING_MM, strict=True)))


def responses(of):
    """name -> response at the centre, (scales,)."""
    found = bank_responses(volume(of), SPACING_MM, CENTRE).reshape(len(SCALES_MM), -1)
    return dict(zip(RESPONSES, found.T, strict=True))


def test_a_constant_is_smoothed_to_itself_and_has_no_derivative():
    found = responses(lambda z, y, x: np.full(SHAPE, -870.0))
    assert found.pop("smoothed") == pytest.approx([-870] * 3, rel=1e-5)
    for name, value in found.items():
        assert value == pytest.approx([0] * 3, abs=0.02), name


@pytest.mark.parametrize("scale", [0, 1])  # the third's Gaussian is wider than the volume
def test_a_slope_has_its_gradient_in_hu_per_millimetre(scale):
    found = responses(lambda z, y, x: 3 * z + 4 * y + 12 * x)
    assert found["gradient magnitude"][scale] == pytest.approx(13, rel=0.03)
    assert found["norm of eigenvalues"][scale] == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize("scale", [0, 1])
def test_a_bowl_has_its_curvatures_along_millimetres(scale):
    found = responses(lambda z, y, x: 2 * z**2 - 0.5 * y**2 + x**2)
    eigenvalues = [found[f"{n} eigenvalue"][scale] for n in ("first", "second", "third")]
    assert eigenvalues == pytest.approx([4, 2, -1], rel=0.06)
    assert found["sum of eigenvalues"][scale] == pytest.approx(5, rel=0.06)
    assert found["product of eigenvalues"][scale] == pytest.approx(-2, rel=0.06)  # its cube root
    assert found["norm of eigenvalues"][scale] == pytest.approx(21**0.5, rel=0.06)


def test_responses_do_not_depend_on_how_the_scan_is_turned():
    rng = np.random.default_rng(2)
    cube = rng.normal(size=(31, 31, 31))
    at = np.array([[15, 15, 15]])
    plain = bank_responses(cube, (1, 1, 1), at)
    turned = bank_responses(np.ascontiguousarray(cube.transpose(2, 0, 1)), (1, 1, 1), at)
    mirrored = bank_responses(np.ascontiguousarray(cube[:, ::-1]), (1, 1, 1), at)
    np.testing.assert_allclose(turned, plain, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(mirrored, plain, rtol=1e-3, atol=1e-5)


def test_voxels_are_drawn_from_the_lung_within_cubes():
    lungs = np.zeros((30, 80, 90), bool)
    lungs[5:25, 10:70, 15:80] = True
    voxels = drawn_voxels(lungs, (3.0, 1.0, 1.0))
    assert voxels.shape == (REGIONS, VOXELS, 3)
    assert lungs[tuple(voxels.reshape(-1, 3).T)].all()
    spans = np.ptp(voxels * (3.0, 1.0, 1.0), axis=1)
    assert spans.max() <= SIDE_MM + 3 and spans.max() > 0.9 * SIDE_MM
    np.testing.assert_array_equal(voxels, drawn_voxels(lungs, (3.0, 1.0, 1.0)))


def test_a_lung_of_one_voxel_is_drawn_from_all_the_same():
    lungs = np.zeros((3, 5, 5), bool)
    lungs[1, 2, 3] = True
    assert (drawn_voxels(lungs, (5.0, 1.0, 1.0)) == (1, 2, 3)).all()


def test_features_of_a_constant_lung_are_that_constant():
    hu = np.full((6, 30, 30), -860, np.int16)
    found = texture_features(crop_of(hu, np.ones(hu.shape, bool)))["responses"].astype(float)
    smoothed, others = found[..., :: len(RESPONSES)], np.delete(found, [0, 8, 16], axis=-1)
    np.testing.assert_allclose(smoothed, -860 + SHIFT_HU, atol=0.01)
    np.testing.assert_allclose(others, 0, atol=0.02)


def test_histograms_of_a_constant_region_have_all_in_one_bin():
    edges = np.tile(np.linspace(-3, 3, BINS - 1), (2, 1))
    found = histograms(np.zeros((4, 9, 2)), edges).reshape(4, 2, BINS)
    assert (found.max(axis=-1) == 1).all() and (found.sum(axis=-1) == 1).all()


def test_equalised_bins_hold_equally_many_of_the_voxels_that_made_them():
    values = np.random.default_rng(3).gamma(2, 1, size=(1, 8000, 3))
    edges = np.quantile(values[0], np.arange(1, BINS) / BINS, axis=0).T
    np.testing.assert_allclose(histograms(values, edges), 1 / BINS, atol=1e-3)

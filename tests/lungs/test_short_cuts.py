"""What makes the search for the lungs fast changes nothing that is found."""

import chest_variants as unusual
import numpy as np
import pytest
from chest import make_chest
from scipy import ndimage
from skimage.segmentation import watershed

from pylayers.lungs import air_regions, lung_regions
from pylayers.lungs.air_around import PEAK_BIN_HU, peaks_of
from pylayers.lungs.air_map import map_air
from pylayers.lungs.lung_mask import find_lungs
from pylayers.reading.acceptance import distinct


def by_watershed_alone(hu, cores, spaces):
    """Flood everything, as it would be without the short cut."""
    return watershed(hu, cores, mask=spaces > 0)


def found(chest):
    mask, warnings = find_lungs(map_air(chest.hu, chest.spacing_mm), chest.hu.shape)
    return mask.tobytes(), warnings


@pytest.mark.parametrize("kind", ["stomach", "colon", "bullae", "emphysema", "fibrosis", "fissure"])
def test_lungs_are_those_of_the_long_way(kind, monkeypatch):
    chest = getattr(unusual, kind)(make_chest(seed=4, noise_hu=25.0))
    short = found(chest)
    floods = []
    monkeypatch.setattr(lung_regions, "all_hang", lambda *_: False)
    monkeypatch.setattr(
        air_regions, "_flooded", lambda *args: floods.append(1) or by_watershed_alone(*args)
    )
    assert found(chest) == short
    assert floods


@pytest.mark.parametrize("seed", range(8))
def test_spaces_are_flooded_as_if_all_were(seed):
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.normal(size=(24, 40, 40)), 2.0)
    order = np.argsort(smooth, axis=None)
    hu = np.empty(smooth.size, np.int32)
    hu[order] = np.arange(smooth.size) - smooth.size  # no two are equal: a watershed is unique
    hu = hu.reshape(smooth.shape)
    spaces, _ = ndimage.label(hu < np.percentile(hu, 30))
    cores, count = ndimage.label(hu < np.percentile(hu, 12))
    assert count > spaces.max() / 2 > 1
    expected = by_watershed_alone(hu, cores, spaces)
    np.testing.assert_array_equal(air_regions._flooded(hu, cores, spaces), expected)


def test_peaks_are_those_of_the_histogram():
    rng = np.random.default_rng(3)
    values = np.concatenate([rng.normal(-990, 30, 4000), rng.normal(-700, 40, 3000), [-500] * 50])
    values = np.rint(values).astype(np.int16)
    bins = np.arange(-1100, -499, PEAK_BIN_HU)
    counts = np.pad(np.histogram(values, bins)[0].astype(float), 1)
    counts = ndimage.gaussian_filter1d(counts, 3.0, mode="constant")
    inner = counts[1:-1]
    high = (inner >= counts[:-2]) & (inner > counts[2:]) & (inner > 0.2 * counts.max())
    peaks = peaks_of(values, (-1100, -500))
    np.testing.assert_array_equal(peaks, bins[:-1][high] + PEAK_BIN_HU / 2)
    assert len(peaks) == 2


def test_distinct_values_are_numpys():
    values = np.random.default_rng(1).integers(-32768, 32768, 5000).astype(np.int16)
    np.testing.assert_array_equal(distinct(values), np.unique(values))
    assert distinct(values[:0]).size == 0

"""What makes the search for the lungs fast changes nothing that is found."""

from collections import Counter

import chest_variants as unusual
import numpy as np
import pytest
from chest import make_chest
from scipy import ndimage
from skimage.segmentation import watershed

from pylayers.lungs import air_regions, leaks
from pylayers.lungs.air_around import PEAK_BIN_HU, peaks_of
from pylayers.lungs.air_map import AirMap, map_air
from pylayers.lungs.connected import boxes_of, connected, grown
from pylayers.lungs.densitometry import perc15
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
    monkeypatch.setattr(leaks, "none_leaks", lambda *_: False)
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


def smooth_noise(rng, shape, width):
    noise = ndimage.gaussian_filter(rng.normal(size=shape), width)
    return noise / noise.std()


def walled_air(seed):
    """Return air in three rooms with thin walls, some of gas; the windpipe leads into the first."""
    rng = np.random.default_rng(seed)
    shape = 12, 22, 60
    hu = rng.choice([-870, -900, -985], (1, 1, 3), p=[0.5, 0.2, 0.3]).repeat(20, axis=2)
    hu = hu + rng.uniform(5, 70) * smooth_noise(rng, shape, 2)
    for wall in (20, 40):
        hu[:, :, wall : wall + 2] = rng.uniform(-840, -640)
    bubbles = smooth_noise(rng, shape, 1.5) > rng.uniform(1, 5)
    hu[bubbles] = -990
    air = np.zeros(shape, bool)  # tissue around
    air[1:-1, 1:-1, 1:-1] = smooth_noise(rng, shape, 4)[1:-1, 1:-1, 1:-1] < 1.5
    airways = np.zeros(shape, bool)
    airways[:, 10:12, 2:4] = True
    airways[:, 10:12, rng.integers(4, 57)] = rng.random() < 0.5
    air = AirMap(
        coarse=np.where(air, hu, 0).astype(np.int16),
        spacing=np.array([2.0, 2.0, 2.0]),
        steps=(1, 1),
        frame=np.zeros(shape[1:], bool),
        body=np.ones(shape, bool),
        air=air,
        airways=airways & air,
    )
    return air, air.air & ~air.airways


def test_where_no_core_is_a_leak_nothing_is_taken_out(monkeypatch):
    judged, kept = [], Counter()
    is_lung_core = leaks.is_lung_core
    monkeypatch.setattr(
        leaks, "is_lung_core", lambda *args: judged.append(is_lung_core(*args)) or judged[-1]
    )
    for seed in range(60):
        for wall_hu in leaks.LEAK_WALLS_HU:
            air, lungs = walled_air(seed)
            judged.clear()
            none = leaks.none_leaks(air, lungs, wall_hu)
            before = lungs.copy()
            leaks.remove_parts(air, lungs, wall_hu)
            same = np.array_equal(lungs, before)
            assert same or not none, (seed, wall_hu)
            kept[none and bool(judged), same] += 1
    assert kept[True, True] > 5  # told by what cores hold
    assert kept[False, False] > 5  # and some are leaks


def test_connected_parts_are_scipys():
    rng = np.random.default_rng(2)
    for shape, share in (((9, 20, 30), 0.3), ((1, 8, 8), 0.5), ((30, 1, 7), 0.7), ((4, 5, 6), 0)):
        mask = rng.random(shape) < share
        labels, count = ndimage.label(mask)
        parts = connected(mask)
        np.testing.assert_array_equal(parts.labels, labels)
        assert parts.count == count
        np.testing.assert_array_equal(parts.voxels[1:], np.bincount(labels.ravel())[1:])
        if count:
            assert boxes_of(parts.labels) == ndimage.find_objects(labels)
        np.testing.assert_array_equal(grown(mask), ndimage.binary_dilation(mask))


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 21, 4000, 300_001])
def test_perc15_is_numpys_percentile(n):
    lung = np.random.default_rng(n).integers(-1024, 3072, n).astype(np.int16)
    assert perc15(lung) == np.percentile(lung.astype(np.float64), 15)


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

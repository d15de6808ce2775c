"""Which air in a body is lung: what hangs on the windpipe, and neither bowel nor a second chest."""

import chest_variants as unusual
import numpy as np
import pytest
from chest import AIR, SOFT, dice, make_chest
from scipy import ndimage

from pylayers.errors import ScanRefused
from pylayers.lungs.air_map import map_air
from pylayers.lungs.lung_mask import find_lungs, lung_mask

STOOL_HU = -300


def found(hu, spacing_mm):
    """The lungs and what was said of them."""
    return find_lungs(map_air(hu, spacing_mm), hu.shape)


def painted(chest, where, values):
    """A chest's HU with other values in places, and noise."""
    noise = np.random.default_rng(2).normal(0, 15, chest.hu.shape)
    return np.where(where, values + noise, chest.hu).clip(-1024, 3071).astype(np.int16)


def thick(chest, slices):
    """A chest in slices that are averages of several: HU, lungs, spacing."""
    count = len(chest.hu) // slices * slices
    shape = (-1, slices, *chest.hu.shape[1:])
    hu = np.rint(chest.hu[:count].reshape(shape).mean(1)).astype(np.int16)
    spacing = (chest.spacing_mm[0] * slices, *chest.spacing_mm[1:])
    return hu, chest.lungs[:count].reshape(shape).mean(1) > 0.5, spacing


@pytest.mark.parametrize(
    ("centre", "radii"),
    [((40, -10, 75), (40, 40, 45)), ((45, -20, -60), (35, 45, 50)), ((30, 0, 0), (45, 50, 120))],
    ids=["stomach", "colon under the liver's dome", "both sides"],
)
@pytest.mark.parametrize("slices", [2, 3, 5])
def test_gas_that_only_a_blurred_diaphragm_parts_from_the_lung_is_none(centre, radii, slices):
    fine = unusual.resampled(make_chest(noise_hu=0.0), (4, 1, 1))  # slices of 1.75 mm
    chest = unusual.gas_below(fine, centre, radii)
    hu, lungs, spacing = thick(chest, slices)
    gas = thick(unusual.replace(chest, lungs=chest.bowel), slices)[1]
    mask = lung_mask(hu, spacing)
    assert dice(mask, lungs) > 0.97
    assert np.count_nonzero(mask & gas) < 0.02 * np.count_nonzero(gas)


@pytest.mark.parametrize("seed", [1, 2])
def test_an_abdomen_of_gas_and_stool_below_is_no_lung(chest, seed):
    rng = np.random.default_rng(seed)
    below = np.repeat(chest.hu[:1], 24, axis=0).astype(float)
    below[(below < -300) & ndimage.binary_fill_holes(chest.hu[0] > -300)[None]] = SOFT
    z, y, x = np.indices(below.shape, sparse=True)
    gas = np.zeros(below.shape, bool)
    for _ in range(10):
        cz, cy, cx = rng.uniform((2, 45, 35), (22, 80, 92))
        radius = rng.uniform(25, 45)
        gas |= ((z - cz) * 7) ** 2 + ((y - cy) * 2.6) ** 2 + ((x - cx) * 2.6) ** 2 < radius**2
    stool = gas & (ndimage.gaussian_filter(rng.normal(0, 1, below.shape), (1, 2, 2)) > 0.05)
    below[gas] = -990
    below[stool] = STOOL_HU
    hu = np.concatenate([np.rint(below + rng.normal(0, 15, below.shape)), chest.hu])
    mask = lung_mask(hu.clip(-1024).astype(np.int16), chest.spacing_mm)
    assert dice(mask[24:], chest.lungs) > 0.99
    assert not mask[:24].any()


@pytest.mark.parametrize("fill", [-990.0, -980.0])
def test_a_hollow_object_full_of_air_is_no_chest(fill):
    z, y, x = np.indices((40, 128, 128), sparse=True)
    r = np.hypot(y - 64, x - 64) + 0 * z
    hu = np.where(r < 50, np.where((r < 47) & (z > 1) & (z < 38), fill, 120), AIR)
    for angle in range(8):  # rods, which are dense as vessels are
        away = np.hypot(y - 64 - 28 * np.cos(angle), x - 64 - 28 * np.sin(angle)) + 0 * z
        hu = np.where((away < 4) & (z > 3) & (z < 36), 50 * angle, hu)
    hu = hu + np.random.default_rng(0).normal(0, 8, hu.shape)
    with pytest.raises(ScanRefused, match="no-lungs"):
        lung_mask(hu.astype(np.int16), (4.0, 1.8, 1.8))


@pytest.mark.parametrize("noise_hu", [8, 40])
def test_a_bottle_of_air_has_a_neck_but_no_lungs(noise_hu):
    z, y, x = np.indices((50, 128, 128), sparse=True)
    r = np.hypot(y - 64, x - 64) + 0 * z
    cavity = np.where(z < 34, 44, np.clip(44 - 8 * (z - 33), 5, 44))  # a neck above, as a windpipe
    hu = np.where((r < cavity) & (z > 1), -998.0, np.where((r < cavity + 3) | (z < 2), 120, AIR))
    hu = np.where((r >= 60) | ((z < 2) & (r > 47)), AIR, hu)
    for angle in range(8):
        away = np.hypot(y - 64 - 28 * np.cos(angle), x - 64 - 28 * np.sin(angle)) + 0 * z
        hu = np.where((away < 4) & (z > 3) & (z < 30), 100, hu)
    hu = (hu + np.random.default_rng(0).normal(0, noise_hu, hu.shape)).clip(-1024)
    with pytest.raises(ScanRefused, match="no-lungs"):
        lung_mask(hu.astype(np.int16), (5.0, 1.8, 1.8))


@pytest.mark.parametrize("fill", [-1000, -995])
def test_a_can_of_air_with_a_tube_into_it_is_no_chest(fill):
    z, y, x = np.indices((40, 128, 128), sparse=True)
    r = np.hypot(y - 64, x - 64) + 0 * z
    hu = np.where(r < 50, np.where((r < 47) & (z > 1) & (z < 38), fill, 120), AIR)
    tube = (z >= 30) & (r < 4)
    hu = np.where((z >= 30) & (r < 5.5), 50, hu)
    hu = np.where(tube, AIR, hu)
    for angle in range(8):
        away = np.hypot(y - 64 - 28 * np.cos(angle), x - 64 - 28 * np.sin(angle)) + 0 * z
        hu = np.where((away < 4) & (z > 3) & (z < 30), 100, hu)
    hu = hu + np.random.default_rng(0).normal(0, 8, hu.shape)
    with pytest.raises(ScanRefused, match=r"no-lungs: .*as thin as the air around"):
        lung_mask(hu.astype(np.int16), (4.0, 1.8, 1.8))


@pytest.mark.parametrize("density", [-900, -850])
def test_blocks_of_cork_are_doubted(density):
    hu = np.full((40, 128, 128), float(AIR))
    hu[5:35, 30:100, 20:110] = 0
    hu[8:32, 40:90, 30:60] = hu[8:32, 40:90, 70:100] = density
    hu += np.random.default_rng(0).normal(0, 10, hu.shape)
    (warning,) = found(hu.astype(np.int16), (5.0, 1.8, 1.8))[1]
    assert warning.endswith("is this a chest?")


@pytest.mark.parametrize("change_hu", [0, 120], ids=["twice", "inspiration and expiration"])
def test_two_chests_one_above_the_other_are_refused(chest, change_hu):
    other = np.where(chest.lungs & (chest.hu < -400), chest.hu + change_hu, chest.hu)
    for stacked in ([chest.hu, other], [other, chest.hu]):
        hu = np.concatenate(stacked).astype(np.int16)
        with pytest.raises(ScanRefused, match=r"several-lungs: \d\.\d L of lung"):
            lung_mask(hu, chest.spacing_mm)


def test_lungs_without_a_windpipe_are_taken_with_a_word(chest):
    hu = painted(chest, chest.airways | ndimage.binary_dilation(chest.airways), SOFT)
    mask, warnings = found(hu, chest.spacing_mm)
    assert dice(mask, chest.lungs) > 0.97
    (warning,) = warnings
    assert warning.startswith("no windpipe was seen")
    assert found(chest.hu, chest.spacing_mm)[1] == []


@pytest.mark.parametrize(("size", "away"), [(0.5, 45.0), (0.65, 60.0)])
def test_apices_beside_the_windpipe_are_lung(size, away):
    chest = make_chest(size=size)  # a child's lungs
    z, y, x = unusual._mm(chest)
    apices = np.zeros(chest.hu.shape, bool)
    for side in (-1, 1):  # tapering to the top, close to the middle
        radius = np.clip((260 - z) / 4, 0, 16)
        apices |= ((y - 10) ** 2 + (x - side * 27) ** 2 < radius**2) & (z > 150)
    apices &= ~ndimage.binary_dilation(chest.airways, iterations=2)
    hu = painted(chest, apices, -860.0)
    mask = lung_mask(hu, chest.spacing_mm)
    assert np.count_nonzero(mask & apices) > 0.85 * np.count_nonzero(apices)
    trachea = chest.airways & (z > 200)
    assert not (mask & trachea).any()

"""What may be unusual about a chest: each function changes a Chest of chest.py into another one."""

from dataclasses import replace

import numpy as np
from chest import AIR, FOAM, SHELL, SOFT, Chest
from scipy import ndimage

WALL_MM = 4.0  # diaphragm with the wall of stomach or bowel


def _mm(chest: Chest):
    """Coordinates z from the lowest slice, y and x from the middle."""
    shape, spacing = chest.hu.shape, chest.spacing_mm
    z, y, x = np.ogrid[: shape[0], : shape[1], : shape[2]]
    middle = (shape[1] - 1) / 2, (shape[2] - 1) / 2
    return z * spacing[0], (y - middle[0]) * spacing[1], (x - middle[1]) * spacing[2]


def _ellipsoid(chest, centre, radii, margin=0.0, lift=0.0):
    axes = zip(_mm(chest), centre, radii, (lift, 0, 0), strict=True)
    return sum(((v + d - c) / (r + margin)) ** 2 for v, c, r, d in axes) <= 1


def _paint(chest: Chest, hu, noise_hu=20.0, **masks) -> Chest:
    """Where `hu` is not nan it replaces the chest's; noise is added."""
    noise = np.random.default_rng(5).normal(0, noise_hu, chest.hu.shape)
    painted = np.where(np.isnan(hu), chest.hu, np.clip(np.rint(hu + noise), -1024, 3071))
    return replace(chest, hu=painted.astype(np.int16), **masks)


def emphysema(chest: Chest) -> Chest:
    """Both lungs at -960 HU with the vessels that are left, and bullae, one of 0.2 L."""
    rng = np.random.default_rng(3)
    vessels = ndimage.maximum_filter(rng.random(chest.hu.shape) < 0.01, (1, 3, 3))
    lung = np.where(vessels, -750.0, -980.0)
    for centre in [(215, -20, 75), *(rng.uniform((90, -40, 50), (200, 40, 100), (9, 3)))]:
        bulla = _ellipsoid(chest, centre, (36, 36, 36) if centre[0] == 215 else (14, 14, 14))
        lung = np.where(bulla, AIR, lung)
    return _paint(chest, np.where(chest.lungs & (chest.hu < -500), lung, np.nan))


def bullae(chest: Chest) -> Chest:
    """In healthy lungs one bulla at the base, and one above a thin floor that fills the apex."""
    z, y, x = _mm(chest)
    hu = np.where(_ellipsoid(chest, (85, 0, -75), (30, 30, 30)), float(AIR), np.nan)
    apex = (z > 200) & (x > 0)
    floor = apex & (z < 207) & ((y - 10) ** 2 + (x - 75) ** 2 > 15**2)
    hu = np.where(apex & chest.lungs, np.where(floor, SOFT, AIR), hu)
    return _paint(chest, hu)


def stool(chest: Chest) -> Chest:
    """The bowel holds mottled stool, which looks like lung."""
    mottled = np.random.default_rng(3).choice([-900.0, -600.0], chest.hu.shape)
    return _paint(chest, np.where(chest.bowel, mottled, np.nan))


def fibrosis(chest: Chest) -> Chest:
    """A dense rim of 12 mm and dense bases, -600 to -400 HU."""
    depth = ndimage.distance_transform_edt(chest.lungs, chest.spacing_mm)
    dense = chest.lungs & ((depth < 12) | (_mm(chest)[0] < 80))
    net = np.random.default_rng(3).uniform(-600, -400, chest.hu.shape)
    return _paint(chest, np.where(dense, net, np.nan))


def effusion(chest: Chest, above_y_mm=17.0) -> Chest:
    """Fluid in the back third of the left lung (at x > 0), sharply bounded."""
    _, y, x = _mm(chest)
    fluid = chest.lungs & (y > above_y_mm) & (x > 0)
    return _paint(chest, np.where(fluid, 10.0, np.nan), lungs=chest.lungs & ~fluid)


def fissure(chest: Chest, width_mm=14.0) -> Chest:
    """Fluid in the left oblique fissure: that lung is two air spaces."""
    z, y, x = _mm(chest)
    fluid = chest.lungs & (np.abs(z - 130 - 0.5 * y) < width_mm) & (x > 0)
    return _paint(chest, np.where(fluid, 10.0, np.nan), lungs=chest.lungs & ~fluid)


def dome(chest: Chest) -> Chest:
    """The liver's dome rises into the right lung; slices show it with lung all around."""
    liver = chest.lungs & _ellipsoid(chest, (60, 0, -75), (50, 32, 32))
    return _paint(chest, np.where(liver, 60.0, np.nan), lungs=chest.lungs & ~liver)


def small_left_lung(chest: Chest, above_z_mm) -> Chest:
    """Soft tissue in place of the left lung below a height."""
    z, _, x = _mm(chest)
    gone = chest.lungs & (x > 0) & (z < above_z_mm)
    return _paint(chest, np.where(gone, float(SOFT), np.nan), lungs=chest.lungs & ~gone)


def gas_below(chest: Chest, centre, radii) -> Chest:
    """A gas bubble and a wall of 4 mm that lift the lung, averaged over the height of slices."""
    half = chest.spacing_mm[0] / 2
    lungs, hu = 0.0, 0.0
    for lift in np.linspace(-half, half, 7):
        walled = _ellipsoid(chest, centre, radii, WALL_MM, lift)
        gas = _ellipsoid(chest, centre, radii, 0, lift)
        hu = hu + np.where(gas, AIR, np.where(walled, SOFT, chest.hu)) / 7
        lungs = lungs + (chest.lungs & ~walled) / 7
    gas = _ellipsoid(chest, centre, radii)
    changed = np.where(_ellipsoid(chest, centre, radii, WALL_MM, half) | (lungs < 1), hu, np.nan)
    return _paint(chest, changed, bowel=chest.bowel | gas, lungs=lungs > 0.5)


def stomach(chest: Chest) -> Chest:
    """A bubble of 0.2 L under the left lung."""
    return gas_below(chest, (55, -10, 75), (36, 36, 36))


def colon(chest: Chest) -> Chest:
    """Distended bowel of 1 L and more below both lungs."""
    return gas_below(chest, (20, -10, 0), (50, 70, 125))


def prone(chest: Chest) -> Chest:
    """The table lies in front of the chest."""
    table = chest.table[:, ::-1]
    hu = np.where(chest.table, AIR, chest.hu)
    hu = np.where(table, chest.hu[:, ::-1], hu)
    return replace(chest, hu=hu.astype(np.int16), table=table)


def arms_down(chest: Chest) -> Chest:
    """A wider view; arms that rest on the table and close off air between them and the body."""
    chest = _with_all(chest, lambda voxels: np.pad(voxels, [(0, 0), (0, 0), (50, 50)]))
    z, y, x = _mm(chest)
    hu = np.full(chest.hu.shape, np.nan)
    hu[:, :, :50] = hu[:, :, -50:] = AIR
    table = np.abs(y - 125) < 10 + 0 * z + 0 * x
    hu[table] = np.broadcast_to(np.where(np.abs(y - 125) < 5, FOAM, SHELL), hu.shape)[table]
    for side in (-1, 1):
        arm = ((y - 50) / 67) ** 2 + ((x - side * 185) / 42) ** 2 + 0 * z <= 1
        hu[arm & ~table] = SOFT
    return _paint(chest, hu, table=table)


def arms_up(chest: Chest) -> Chest:
    """Above the lungs a neck and two raised arms instead of the trunk."""
    z, y, x = _mm(chest)
    above = (z > 258) & ~chest.table
    hu = np.where(above, float(AIR), np.nan)
    for middle, radius in ((0, 60), (-115, 40), (115, 40)):
        hu[above & ((y**2 + (x - middle) ** 2) < radius**2)] = SOFT
    hu[chest.airways] = np.nan
    return _paint(chest, hu)


def circle(chest: Chest, radius_mm: float) -> Chest:
    """Padding outside the reconstruction circle."""
    _, y, x = _mm(chest)
    seen = y**2 + x**2 < radius_mm**2
    hu = np.where(seen, chest.hu, -1024).astype(np.int16)
    return replace(chest, hu=hu, lungs=chest.lungs & seen)


def cut(chest: Chest, axis: int, start=None, stop=None, step=None) -> Chest:
    """Only the voxels from start to stop along an axis, as after a shifted field of view."""
    where = (slice(None),) * axis + (slice(start, stop, step),)
    spacing = np.array(chest.spacing_mm)
    spacing[axis] *= step or 1
    return _with_all(chest, lambda voxels: voxels[where], spacing_mm=tuple(spacing))


def resampled(chest: Chest, factors) -> Chest:
    """Voxels smaller by whole factors (z, y, x)."""
    spacing = tuple(s / f for s, f in zip(chest.spacing_mm, factors, strict=True))
    return _with_all(
        chest,
        lambda v: v.repeat(factors[0], 0).repeat(factors[1], 1).repeat(factors[2], 2),
        spacing_mm=spacing,
    )


def _with_all(chest: Chest, change, **others) -> Chest:
    names = ("hu", "lungs", "airways", "table", "bowel")
    return replace(chest, **{name: change(getattr(chest, name)) for name in names}, **others)

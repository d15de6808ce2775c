"""Whether lungs can be scored: a whole pair of them, from enough slices, and truly lung."""

from collections.abc import Sequence

import cv2
import numpy as np

from pylayers.errors import ScanRefused
from pylayers.lungs.coarse_grid import block_means, frame, steps_of
from pylayers.lungs.connected import connected
from pylayers.lungs.gas import GAS_HU, SQUARE, inside, is_gas

FEWEST_SLICES = 16  # the network takes 16: fewer would have to be repeated
WIDE_SPACING_MM = 10.0  # routine chest CT has slices of at most 10 mm
LUNGS_L = 0.4, 15.0  # an infant's; twice a large adult's total lung capacity
ONE_LUNG, SMALL_LUNG = 0.1, 1 / 3  # of the other lung; healthy lungs hold 0.7 to 1.3 of each other
# A cut's area by the largest parallel cross-section. In real and simulated lungs a cut of 0.5 at
# top or bottom leaves out 4 to 8 % of the lungs, one of 0.25 at a side 0.3 to 1.5 %. Below the
# first number it leaves out less than 1 %, and whole lungs' last slice may be as large.
END_WARNED, END_REFUSED = 0.1, 0.5
SIDE_WARNED, SIDE_REFUSED = 0.03, 0.25
CHEST_WALL_HU = -600  # a wall half as thick as a voxel is denser, among lung or padding
# Soft tissue in a given mask: vessels make up some percent of lungs, effusion and consolidation up
# to half; masks turned left to right or front to back hold 25 to 40 %, upside down 55 %.
TISSUE_HU = -300
TISSUE_WARNED, TISSUE_REFUSED = 0.2, 0.5
NAME_LABELS = "--mask-labels names the labels that are lung, such as 10-14"
# What no limit is published for is said, not refused. Block means are free of noise, which raises
# LAA-950: the real lungs of docs/scans.md have 0 to 19 % below -950 HU, an air-filled head 85 %.
MOST_GAS = 0.6
# A space of gas: what is left of it when some 6 mm are taken off all around.
SPACE_HU, SPACE_EROSION, SPACE_ML = -975, 3, 300.0
DENSE_HU = -600  # median; the air in those lungs has -917 to -734
LOOK = "tools/look_at_lungs.py shows what was taken for lung"
MIDDLE = 0.15  # of the body's width: the lungs part this close to its middle


def check_lungs(
    hu: np.ndarray,
    mask: np.ndarray,
    spacing_mm: Sequence[float],
    mask_given: bool,
    coarse: np.ndarray | None = None,
) -> list[str]:
    """Return warnings about the lungs of a scan, one sentence each.

    hu: int16 (z, y, x) HU; mask: bool of the same shape, at least one voxel set; spacing_mm:
    (z, y, x); mask_given: whether the mask came with the scan; coarse: an AirMap's block means of
    hu, where they are at hand. Raises ScanRefused (mask-not-lung, no-lungs, lungs-cut,
    few-slices, one-lung).
    """
    step_z, step_yx = steps_of(spacing_mm)
    areas = np.array([np.count_nonzero(plane) for plane in mask]) * np.prod(spacing_mm[1:])
    if coarse is None:
        coarse = block_means(hu[::step_z], step_yx)
    lungs = np.ascontiguousarray(mask[::step_z, ::step_yx, ::step_yx])
    spacing = np.array(spacing_mm) * (step_z, step_yx, step_yx)

    warnings = _check_tissue(coarse, lungs, spacing, areas.sum() * spacing_mm[0] / 1e6, mask_given)
    warnings += _check_ends(areas) + _check_sides(coarse, lungs)
    slices = np.count_nonzero(areas)
    if slices < FEWEST_SLICES:
        raise ScanRefused(
            "few-slices",
            f"{slices} slices pass through the lungs, {spacing_mm[0]:.3g} mm apart; "
            f"{FEWEST_SLICES} are needed",
        )
    warnings += _check_sizes(coarse, lungs, mask_given) + _check_density(coarse, lungs, spacing)
    if spacing_mm[0] > WIDE_SPACING_MM:
        warnings.append(f"slices lie {spacing_mm[0]:.3g} mm apart")
    return warnings


def _check_tissue(
    coarse: np.ndarray, lungs: np.ndarray, spacing: Sequence[float], litres: float, mask_given: bool
) -> list[str]:
    warnings = []
    if mask_given:
        dense = np.mean(coarse[lungs] > TISSUE_HU) if lungs.any() else 0
        sentence = (
            f"{100 * dense:.0f} % of what the mask marks is soft tissue (above {TISSUE_HU} HU)"
        )
        if dense > TISSUE_REFUSED:
            raise ScanRefused("mask-not-lung", f"{sentence}; {NAME_LABELS}")
        if dense > TISSUE_WARNED:
            warnings.append(f"{sentence}; {NAME_LABELS}")
    if not LUNGS_L[0] <= litres <= LUNGS_L[1]:
        marked = "the mask marks" if mask_given else "the body holds"
        raise ScanRefused("no-lungs", f"{marked} {litres:.2f} L of lung; a chest CT has 1 to 10 L")
    if is_gas(inside(coarse, lungs, spacing)):
        slug = "mask-not-lung" if mask_given else "no-lungs"
        raise ScanRefused(slug, f"{litres:.1f} L of gas without vessels is no lung")
    return warnings


def _check_density(coarse: np.ndarray, lungs: np.ndarray, spacing: Sequence[float]) -> list[str]:
    """Say what is rare in lungs: nearly all emphysema, a large space of gas, hardly any air."""
    values = coarse[lungs]
    if not values.size:
        return []
    gas, median = np.mean(values < GAS_HU), np.median(values)
    if gas > MOST_GAS:
        sentence = f"{100 * gas:.0f} % of the lungs are below {GAS_HU} HU even without noise"
        return [f"{sentence}; {LOOK}"]
    if median > DENSE_HU:
        return [f"the lungs are dense, with a median of {median:.0f} HU; {LOOK}"]
    gas = lungs & (coarse < SPACE_HU)
    for plane in gas.view(np.uint8):  # emphysema is crossed by vessels, which part it
        cv2.erode(plane, SQUARE, plane, None, SPACE_EROSION, cv2.BORDER_CONSTANT, 0)
    if not gas.any():
        return []
    ml = connected(gas).voxels.max() * np.prod(spacing) / 1e3
    if ml > SPACE_ML:
        sentence = f"the lungs hold a space of gas of more than {ml / 1e3:.1f} L"
        return [f"{sentence}: a bulla, a pneumothorax or bowel; {LOOK}"]
    return []


def _check_ends(areas: np.ndarray) -> list[str]:
    cuts = {"bottom": areas[0] / areas.max(), "top": areas[-1] / areas.max()}
    return _judge_cuts(cuts, END_WARNED, END_REFUSED)


def _check_sides(coarse: np.ndarray, lungs: np.ndarray) -> list[str]:
    """Judge what of the lungs meets the image's border or its reconstruction circle.

    Lungs come within two voxels of it there; no denser voxel, the chest's wall, lies between.
    """
    edge = frame(coarse).view(np.uint8)
    beside = (cv2.dilate(edge, SQUARE) - edge).view(bool)
    contact = lungs & beside
    for z in np.flatnonzero(contact.any(axis=(1, 2))):
        contact[z] &= cv2.dilate(coarse[z], SQUARE) < CHEST_WALL_HU
    contact = contact.sum(axis=0)
    y, x = np.indices(edge.shape)
    y, x = (2 * v / (size - 1) - 1 for v, size in zip((y, x), edge.shape, strict=True))
    sideways = np.abs(x) > np.abs(y)
    sides = {
        "right side": (sideways & (x < 0), 2),
        "left side": (sideways & (x > 0), 2),
        "front": (~sideways & (y < 0), 1),
        "back": (~sideways & (y > 0), 1),
    }
    largest = {axis: lungs.sum(axis=0).sum(axis=2 - axis).max() for axis in (1, 2)}
    cuts = {name: contact[where].sum() / largest[axis] for name, (where, axis) in sides.items()}
    return _judge_cuts(cuts, SIDE_WARNED, SIDE_REFUSED)


def _judge_cuts(cuts: dict[str, float], warned: float, refused: float) -> list[str]:
    sentences = {
        name: f"the lungs are cut at the {name}: what lies on the volume's border is "
        f"{100 * share:.0f} % of their largest cross-section"
        for name, share in cuts.items()
        if share > warned
    }
    for name, sentence in sentences.items():
        if cuts[name] > refused:
            raise ScanRefused("lungs-cut", sentence)
    return list(sentences.values())


def _check_sizes(coarse: np.ndarray, lungs: np.ndarray, mask_given: bool) -> list[str]:
    """Judge the smaller lung; the lungs part where they are thinnest, near the body's middle.

    The middle is sought at the lungs' height and depth, where no table is.
    """
    depth = np.flatnonzero(lungs.any(axis=(0, 2)))
    height = np.flatnonzero(lungs.any(axis=(1, 2)))
    around = coarse[height[0] : height[-1] + 1, depth[0] : depth[-1] + 1] > TISSUE_HU
    tissue = np.count_nonzero(around, axis=(0, 1))
    columns = np.flatnonzero(tissue >= 0.1 * tissue.max())
    first, last = columns[0], columns[-1]
    reach = MIDDLE * (last - first)
    low = int((first + last) / 2 - reach)
    profile = lungs.sum(axis=(0, 1))
    near = profile[low : int((first + last) / 2 + reach) + 1]
    part = low + int(np.median(np.flatnonzero(near == near.min())))
    sides = {"right": profile[:part].sum(), "left": profile[part:].sum()}
    small = min(sides, key=sides.get)
    share = sides[small] / max(sides.values())
    sentence = f"the {small} lung is {100 * share:.0f} % as large as the other"
    if share < ONE_LUNG:
        raise ScanRefused("one-lung", f"{sentence}; {NAME_LABELS}" if mask_given else sentence)
    return [sentence] if share < SMALL_LUNG else []

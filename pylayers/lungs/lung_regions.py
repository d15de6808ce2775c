"""Lung regions: the air inside the body in parts that tissue walls off, and which are lung.

A lung hangs on the windpipe: its part touches the airways. Stomach, bowel, foam and the air between
arm and body do not. Of the whole chests tried (docs/scans.md), every lung did.
"""

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.lungs.air_map import AirMap
from pylayers.lungs.air_regions import (
    LUNG_SHARE,
    TOUCH_ML,
    Region,
    largest_of,
    most_gas,
    regions_of,
)
from pylayers.lungs.gas import is_foam
from pylayers.lungs.leaks import remove_leaks

# Parts are told apart where a wall is denser than this, on block means of 2 mm. In two real scans
# stomach and colon joined the lung at -400 and -500 HU through a thin diaphragm, not at -600.
WALL_HU = -600
PIECE_SHARE = 0.03  # as large is a piece of lung where it lies among lungs
PIECE_ML = 30.0
LUNGS_MIN_L = 0.4  # less air inside the body is no pair of lungs
BOWEL_SHARE = 0.3  # of a part as large as a lung; emphysema and a sharp kernel leave less
ALL_GAS = 0.5  # without a windpipe that much is no lung: a head phantom had 0.85
TISSUE_HU, VESSEL_HU = -700, -850  # median and 97th percentile: foam has no vessels, stool no air
# Two pairs of lungs one above the other: a neck or a diaphragm lies between, and the second pair
# holds at least this share of one lung of the first.
NECK_MM, SECOND_SHARE = 8.0, 0.25


def lung_regions(air: AirMap) -> tuple[np.ndarray, list[str]]:
    """Return the lungs' air, bool of the coarse grid, and warnings.

    Raises ScanRefused (no-lungs, several-lungs).
    """
    regions = regions_of(air, air.air & ~air.airways, WALL_HU)
    tissue = [region for region in regions if not region.is_gas()]
    lungs = largest_of([region for region in tissue if region.touch_ml >= TOUCH_ML])
    warnings = []
    if not lungs:
        lungs = largest_of([r for r in tissue if not is_foam(r.where) and r.gas_share < ALL_GAS])
        warnings = ["no windpipe was seen to lead into the lungs: is this a chest?"]
    litres = sum(region.ml for region in lungs) / 1e3
    if litres < LUNGS_MIN_L:
        other = sum(region.ml for region in regions if region not in lungs) / 1e3
        beside = f" and {other:.2f} L of gas, bowel or foam" if other >= PIECE_ML / 1e3 else ""
        raise ScanRefused(
            "no-lungs",
            f"the body holds {litres:.2f} L of lung{beside}; at least {LUNGS_MIN_L} L are needed",
        )
    refuse_two_pairs(lungs[0], tissue)
    lung_air = np.zeros_like(air.air)
    for region in [*lungs, *pieces_of(lungs, regions)]:
        lung_air[region.box] |= region.where
    remove_leaks(air, lung_air)
    return lung_air, warnings


def pieces_of(lungs: list[Region], regions: list[Region]) -> list[Region]:
    """Return the other regions that are lung.

    Those that share the lungs' air space are, unless bowel or stomach. An air space of its own is
    when it lies among the lungs; as large as a lung, it may lie to one side of them.
    """
    most = most_gas(lungs)
    spaces = {region.air for region in lungs}
    low = np.min([[side.start for side in region.box] for region in lungs], axis=0)
    high = np.max([[side.stop for side in region.box] for region in lungs], axis=0)
    pieces = []
    for region in regions:
        alone = region.air not in spaces
        if region in lungs or region.gas_share > most:
            continue
        if region.is_gas(thin=alone):  # the lungs' edges are thin
            continue
        if alone:
            among = (low < region.centre) & (region.centre < high)
            large = region.ml >= LUNG_SHARE * lungs[0].ml
            piece = region.ml >= max(PIECE_ML, PIECE_SHARE * lungs[0].ml)
            if not (among[:2].all() if large else piece and among.all()) or is_foam(region.where):
                continue
        pieces.append(region)
    return pieces


def refuse_two_pairs(lung: Region, regions: list[Region]) -> None:
    """Raise ScanRefused (several-lungs) when as much lung again lies well above or below a lung."""
    slice_mm = lung.spacing[0]
    bottom, top = (end * slice_mm for end in (lung.box[0].start, lung.box[0].stop))
    apart_ml = 0.0
    for region in regions:
        low, high = (end * slice_mm for end in (region.box[0].start, region.box[0].stop))
        apart = max(low - top, bottom - high) > max(NECK_MM, 1.5 * slice_mm)
        if apart and region.ml >= PIECE_ML and is_lung_tissue(region):
            apart_ml += region.ml
    if apart_ml > SECOND_SHARE * lung.ml:
        raise ScanRefused(
            "several-lungs",
            f"{apart_ml / 1e3:.1f} L of lung lie above or below another lung: was one scan put "
            "onto another?",
        )


def is_lung_tissue(region: Region) -> bool:
    """Return whether a region has the density and the vessels of lung; foam and stool lack one."""
    values = region.inside
    return (
        values.size > 0
        and region.gas_share < BOWEL_SHARE
        and np.median(values) < TISSUE_HU
        and np.percentile(values, 97) > VESSEL_HU
    )

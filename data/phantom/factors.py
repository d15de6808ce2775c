"""How well each measurement, and each factor behind a phantom, predicts a target alone.

A cohort is worth learning on only where none of them does: above `MOST_RHO` a network could take
the short cut. The disease itself may, as every target follows from it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from data.phantom.published import abs_rho
from pylayers.cohort.targets import TARGETS

MOST_RHO = 0.65
DENSITIES = ("laa950", "perc15", "mean_hu", "lung_ml")
DISEASE = ("extent", "worst_zone")
FACTORS = (
    # disease beside emphysema
    "paraseptal_extent", "wall_mm", "nodules_per_ml", "vessels", "inflammation_hu", "zone_slope",
    # body and breath
    "inspiration_hu", "gravity_hu", "half_width_mm", "half_depth_mm", "lung_height_mm", "dome_mm",
    "heart_scale", "fat_mm", "breast_mm",
    # acquisition
    "noise_sd_hu", "offset_hu", "hole_hu", "spacing_mm", "slice_mm", "thick_mm",
)  # fmt: skip


class Factor(NamedTuple):
    """|rho| of a column with each of TARGETS; too_strong: above MOST_RHO and not the disease."""

    name: str
    rho: dict[str, float]
    too_strong: bool


def rate_factors(rows: Sequence[dict], names: Sequence[str]) -> list[Factor]:
    """Return how well the columns `names` predict the targets, for the rows of table.csv."""
    factors = []
    for name in names:
        rho = {target: abs_rho(rows, name, target) for target in TARGETS}
        factors.append(Factor(name, rho, name not in DISEASE and max(rho.values()) > MOST_RHO))
    return factors

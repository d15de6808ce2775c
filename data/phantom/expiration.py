"""A phantom's expiratory twin: denser, smaller lungs, but for what is trapped in diseased ones.

Tissue that empties gets denser by as much as it gets smaller; trapped tissue and holes do not
change. Air trapping follows the airways' part of the loss of FEV1/FVC, which shows in one
inspiratory scan but faintly: what an expiration tells of FEV1/FVC is so by construction.
"""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from scipy.special import ndtri

from data.phantom.extent import Extent
from data.phantom.physique import LUNG_HU
from data.phantom.second_scans import PlacedSubject
from data.phantom.second_visit import airway_deficit, density, sliced
from data.phantom.subject import Subject

# Density in g/l of the tissue that empties, however deep the inspiration was. With the trapping of
# most subjects the ratio of mean lung densities, expiration over inspiration, is then that of
# smokers without airflow limitation, 0.856; with mild COPD it is 0.886 (Mohamed Hoesein et al.
# 2013, doi 10.1371/journal.pone.0065177, 1140 men of NELSON).
EMPTIED, EMPTIED_SD, DENSER_RANGE = 340.0, 22.0, (1.2, 2.6)
# Share of the lung's intact tissue that is trapped. Percent of lung below -856 HU: 18 to 21 without
# COPD, 29 in GOLD 1, 31 in GOLD 2 and above (CanCOLD, PMC10186404, table 1; sd 15 to 19), and its
# correlation with FEV1/FVC is stronger than that of LAA-950 (Schroeder et al. 2013,
# doi 10.2214/AJR.12.10102).
TRAPPED, TRAPPED_PER_DEFICIT, TRAPPED_SD, TRAPPED_RANGE = 0.38, 2.6, 0.08, (0.02, 0.9)
HOLE_DENSITY = 30.0  # g/l, of destroyed lung
# Parts of the change of volume: the diaphragm rises most.
UPWARD, IN_PLANE = 0.76, 0.12
# Trapped regions are patches of several secondary lobules.
WAVES, WAVELENGTH_MM, EDGE, COARSE_PIXELS = 40, (30.0, 90.0), 0.3, 8


class Mosaic(NamedTuple):
    """A smooth random field, about normal: waves (n, 3) in 1/mm, their phases (n,)."""

    waves: np.ndarray
    phases: np.ndarray

    def at(self, x: np.ndarray, y: np.ndarray, z: float) -> np.ndarray:
        """Return the field at points in mm: x (columns,), y (rows,), as (rows, columns)."""
        kx, ky, kz = self.waves.T
        by_row = np.exp(1j * (y[:, None] * ky + z * kz + self.phases))
        by_column = np.exp(1j * x[:, None] * kx)
        return (by_row @ by_column.T).real * np.sqrt(2 / len(self.phases))


def draw_mosaic(rng: np.random.Generator) -> Mosaic:
    """Draw where lung is trapped first."""
    directions = rng.normal(size=(WAVES, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    lengths = np.exp(rng.uniform(*np.log(WAVELENGTH_MM), WAVES))
    phases = rng.uniform(0, 2 * np.pi, WAVES)
    return Mosaic(directions * 2 * np.pi / lengths[:, None], phases)


@dataclass(frozen=True)
class ExpiredSubject(PlacedSubject):
    """A subject that has breathed out; trapped: share of its intact tissue, by how many HU less
    dense it is than the rest, and where.
    """

    trapped: float = 0.0
    trapped_hu: float = 0.0
    mosaic: Mosaic | None = None

    def relief_hu(self, z: float, box: tuple[slice, slice]) -> np.ndarray:
        """Return how much less dense trapped tissue is, HU (rows, columns)."""
        rows, columns = (np.arange(s.start, s.stop + COARSE_PIXELS, COARSE_PIXELS) for s in box)
        x = self.grid.to_mm(np.column_stack([columns, columns]))[:, 0]
        y = self.grid.to_mm(np.column_stack([rows, rows]))[:, 1]
        above = self.mosaic.at(x, y, z) - ndtri(1 - self.trapped)
        share = np.clip(above / EDGE + 0.5, 0, 1).astype(np.float32)
        size = [len(steps) * COARSE_PIXELS for steps in (columns, rows)]
        fine = cv2.resize(share, size, interpolation=cv2.INTER_LINEAR)
        shape = tuple(s.stop - s.start for s in box)
        return np.float32(self.trapped_hu) * fine[: shape[0], : shape[1]]


def expired(subject: Subject, extent: Extent, rng: np.random.Generator) -> ExpiredSubject:
    """Return a subject at the end of an expiration; extent: of its emphysema."""
    trapped = TRAPPED + TRAPPED_PER_DEFICIT * airway_deficit(subject) + rng.normal(0, TRAPPED_SD)
    trapped = float(np.clip(trapped, *TRAPPED_RANGE))
    before, gone = density(subject), extent.extent + extent.paraseptal_extent
    # what is trapped stays as dense as it is in inspiration
    least, most = (before * times for times in DENSER_RANGE)
    free = float(np.clip(rng.normal(EMPTIED, EMPTIED_SD), least, most))
    # the lungs' mass stays
    intact = (1 - trapped) * free + trapped * before
    volume = ((1 - gone) * before + gone * HOLE_DENSITY) / (
        (1 - gone) * intact + gone * HOLE_DENSITY
    )
    scale_z = volume**UPWARD
    own = sliced(subject, scale_z)
    own["inspiration_hu"] = free - 1000 - LUNG_HU - subject.inflammation_hu
    return ExpiredSubject(
        **own,
        scale=volume**IN_PLANE,
        scale_z=scale_z,
        trapped=trapped,
        trapped_hu=before - free,
        mosaic=draw_mosaic(rng),
    )

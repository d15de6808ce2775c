"""The large airways: trachea and main bronchi, which are air inside the body but no lung."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

LARGEST_MM2 = 900.0  # a larger component of one slice is lung, not trachea (2-4 cm2) or bronchus
MIDLINE_MM = 30.0  # the trachea lies this close to the middle of the body
LUMEN_HU = -600  # the thin walls between airways, mixed with air, are denser
# Lumen is air. In ten real chests the longest passage had -990 to -900 HU on block means, pieces
# of lung beside the mediastinum -850 to -700.
DARKER_BY = 60.0  # HU: a passage so much denser than the longest one is lung
SHORTEST_MM = 25.0  # a windpipe's part in view; a cut chest showed 28, a head phantom's cavity 5
APEX_MM2 = 300.0  # a passage beside the trachea that grows beyond is the apex of a lung
CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


@dataclass
class Passage:
    """Air followed down through the slices; it may branch.

    slices: where; areas_mm2: of each part in each slice; hu: the sum over its voxels.
    """

    slices: list[int] = field(default_factory=list)
    areas_mm2: list[float] = field(default_factory=list)
    hu: float = 0.0
    voxels: int = 0

    def add(self, z: int, area_mm2: float, values: np.ndarray) -> None:
        """Take in a part of a slice."""
        self.slices.append(z)
        self.areas_mm2.append(area_mm2)
        self.hu += float(values.sum(dtype=np.int64))
        self.voxels += values.size

    @property
    def length(self) -> int:
        """Slices from first to last."""
        return self.slices[0] - self.slices[-1] + 1

    def is_airway(self, longest: "Passage") -> bool:
        """Return whether it is as dark as the longest passage, and no apex beside it."""
        if self.hu / self.voxels > longest.hu / longest.voxels + DARKER_BY:
            return False
        beside = self.slices[0] >= longest.slices[-1] and self.slices[-1] <= longest.slices[0]
        return self is longest or not (beside and max(self.areas_mm2) > APEX_MM2)


def find_airways(
    coarse: np.ndarray, air: np.ndarray, body: np.ndarray, spacing: Sequence[float]
) -> np.ndarray:
    """Follow trachea and main bronchi from the head down, as long as they stay small in a slice.

    coarse: block means of the HU (z, y, x); air, body (with its air): bool; spacing: (z, y, x) in
    mm. Slices are eroded by a voxel before they fall into components: the wall between trachea and
    lung is about one thick.
    """
    airways = np.zeros_like(air)
    cores, passages = _follow(coarse, air, body, spacing)
    if not passages:
        return airways
    longest = max(passages, key=lambda passage: passage.length)
    if longest.length * spacing[0] < SHORTEST_MM:
        return airways
    wanted = np.array([False, *(passage.is_airway(longest) for passage in passages)])
    for z in np.flatnonzero(cores.any(axis=(1, 2))):
        core = wanted[cores[z]].view(np.uint8)
        # one voxel more than was eroded: the lumen's blurred edge
        airways[z] = cv2.dilate(core, CROSS, iterations=2).view(bool) & air[z]
    return airways


def _follow(
    coarse: np.ndarray, air: np.ndarray, body: np.ndarray, spacing: Sequence[float]
) -> tuple[np.ndarray, list[Passage]]:
    """Return the passages, and the number of the one that each voxel's core belongs to, from 1."""
    lumen = air & (coarse < LUMEN_HU)
    cores, passages = np.zeros(air.shape, np.int16), []
    filled = np.flatnonzero(air.any(axis=(1, 2)))
    if not filled.size:
        return cores, passages
    seeds_above = filled.mean()  # the trachea starts in the upper half of all air
    above = np.zeros(air.shape[1:], np.int16)
    for z in filled[::-1]:
        core = cv2.erode(lumen[z].view(np.uint8), CROSS)
        count, labels, stats, centres = cv2.connectedComponentsWithStats(core, connectivity=4)
        near = cv2.dilate(above, CROSS)
        for label in range(1, count):
            area_mm2 = stats[label, cv2.CC_STAT_AREA] * spacing[1] * spacing[2]
            if area_mm2 > LARGEST_MM2:
                continue
            part = labels == label
            number = near[part].max()
            if not number:
                off_mm = _off_middle(body[z], centres[label]) * spacing[2]
                if (
                    z <= seeds_above
                    or off_mm >= MIDLINE_MM
                    or len(passages) == np.iinfo(np.int16).max
                ):
                    continue
                passages.append(Passage())
                number = len(passages)
            cores[z][part] = number
            passages[number - 1].add(z, area_mm2, coarse[z][part])
        above = cores[z]
    return cores, passages


def _off_middle(body: np.ndarray, centre: np.ndarray) -> float:
    """Return how far a point lies from the body's middle in its own row: no table is there."""
    return abs(centre[0] - np.median(np.flatnonzero(body[round(centre[1])])))

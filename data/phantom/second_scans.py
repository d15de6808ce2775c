"""The same phantom scanned again: other noise, dose, kernel, breath, position; the same disease.

The lesions, vessels and airways are planned as for the cohort's scan and then placed otherwise, so
that every scan shows one subject.
"""

from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np

from data.phantom.acquisition import MATRIX, NOISE_SD_HU
from data.phantom.render import Phantom, Streams, render
from data.phantom.second_visit import density
from data.phantom.simulation import image_rng
from data.phantom.subject import Grid, Subject, draw_subject

FIRST = "first"  # as the cohort has it
CONDITIONS = (
    FIRST, "again", "half_dose", "soft", "sharp", "breath", "start", "shift", "turn",
)  # fmt: skip
BREATH_HU = 10.0  # by which the lungs are denser in a shallower breath: about a tenth less air
# Parts of a breath's change of volume: the diaphragm moves most, the ribs widen a little.
UPWARD, IN_PLANE = 0.7, 0.15
START_SLICES, SHIFT_MM, TURN_DEG = 0.5, (5.0, -5.0), 4.0


class PlacedGrid(NamedTuple):
    """Pixels of a slice in which the patient is turned and scaled about the middle of the chest."""

    size: int
    spacing_mm: float
    shift_mm: tuple[float, float]
    turn_deg: float
    scale: float

    def to_pixels(self, points: np.ndarray) -> np.ndarray:
        """Return columns and rows, float (..., 2), of points (..., 2+) of the patient in mm."""
        c, s = np.cos(np.radians(self.turn_deg)), np.sin(np.radians(self.turn_deg))
        turned = np.asarray(points, float)[..., :2] @ np.array([[c, s], [-s, c]])
        return Grid(self.size, self.spacing_mm, self.shift_mm).to_pixels(turned * self.scale)

    def to_mm(self, pixels: np.ndarray) -> np.ndarray:
        """Return x, y in mm of columns and rows (..., 2) without the turn: gravity stays."""
        return Grid(self.size, self.spacing_mm, self.shift_mm).to_mm(pixels) / self.scale


@dataclass(frozen=True)
class PlacedSubject(Subject):
    """A subject turned by degrees, and scaled in the slice and along z by a breath."""

    turn_deg: float = 0.0
    scale: float = 1.0
    scale_z: float = 1.0

    @property
    def grid(self) -> PlacedGrid:
        """Return the pixels of the subject's slices."""
        return PlacedGrid(MATRIX, self.spacing_mm, self.shift_mm, self.turn_deg, self.scale)

    def z_mm(self, index: int) -> float:
        """Return the height of slice `index` in the subject before the breath, in mm."""
        return super().z_mm(index) / self.scale_z


class OtherNoise(np.random.Generator):
    """Stands for the image of another generator with other noise."""

    def __init__(self, first: np.random.Generator, grain: np.random.Generator) -> None:
        super().__init__(grain.bit_generator)
        self.first, self.grain = first, grain

    def spawn(self, n_children: int) -> list[np.random.Generator]:
        """Return the streams of `first` with another grain."""
        return list(Streams(*self.first.spawn(n_children))._replace(grain=self.grain))


def second_subject(subject: Subject, condition: str) -> Subject:
    """Return a subject as it is scanned under one of CONDITIONS."""
    if condition in (FIRST, "again"):
        return subject
    if condition == "half_dose":  # noise goes with the root of the dose
        return replace(subject, noise_sd_hu=subject.noise_sd_hu * 2**0.5)
    if condition in NOISE_SD_HU:  # kernels: the same dose has the noise that is usual for each
        usual = {kernel: np.sqrt(np.prod(range_hu)) for kernel, range_hu in NOISE_SD_HU.items()}
        noise_sd_hu = subject.noise_sd_hu * usual[condition] / usual[subject.kernel]
        return replace(subject, kernel=condition, noise_sd_hu=float(noise_sd_hu))
    if condition == "start":
        return replace(subject, slices_below=subject.slices_below + START_SLICES)
    if condition == "shift":
        x, y = subject.shift_mm
        return replace(subject, shift_mm=(x + SHIFT_MM[0], y + SHIFT_MM[1]))
    own = {field.name: getattr(subject, field.name) for field in fields(Subject)}
    if condition == "turn":
        return PlacedSubject(**own, turn_deg=TURN_DEG)
    if condition != "breath":
        raise ValueError(f"{condition!r} is none of {CONDITIONS}")
    # the lungs' mass stays: as much denser above -1000 HU, so much smaller
    volume = density(subject) / (density(subject) + BREATH_HU)
    own["inspiration_hu"] += BREATH_HU
    return PlacedSubject(**own, scale=volume**IN_PLANE, scale_z=volume**UPWARD)


def scan_again(
    seed: int,
    index: int,
    condition: str,
    thin_share: float = 0.0,
    thickest_mm: float | None = None,
) -> tuple[Subject, Phantom]:
    """Return phantom `index` of a seed, scanned under one of CONDITIONS: FIRST is simulate()'s."""
    subject = draw_subject(np.random.default_rng([seed, index, 0]), thin_share, thickest_mm)
    rng = image_rng(seed, index)
    if condition != FIRST:
        stream = np.random.default_rng([seed, index, 3, CONDITIONS.index(condition)])
        rng = OtherNoise(rng, stream)
    changed = second_subject(subject, condition)
    return changed, render(changed, rng)

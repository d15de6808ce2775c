"""One simulated subject: body, disease and acquisition, before any voxel is made."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from data.phantom.acquisition import MATRIX, draw_acquisition
from data.phantom.disease import draw_disease
from data.phantom.physique import draw_physique


class Grid(NamedTuple):
    """The pixels of a slice: rows and columns, mm a pixel, (x, y) of the patient in mm."""

    size: int
    spacing_mm: float
    shift_mm: tuple[float, float]

    def to_pixels(self, points: np.ndarray) -> np.ndarray:
        """Return columns and rows, float (..., 2), of points (..., 2+) that begin with x, y."""
        points = np.asarray(points, float)[..., :2]
        return (points + self.shift_mm) / self.spacing_mm + (self.size - 1) / 2

    def to_mm(self, pixels: np.ndarray) -> np.ndarray:
        """Return x, y in mm (..., 2) of columns and rows (..., 2)."""
        return (pixels - (self.size - 1) / 2) * self.spacing_mm - self.shift_mm


@dataclass(frozen=True)
class Subject:
    """One subject. Lengths in mm, densities in HU, fractions in 0..1; LPS axes."""

    # anatomy
    half_width_mm: float  # of the rib cage, inside
    half_depth_mm: float
    lung_height_mm: float  # from the deepest recess to the apex
    dome_mm: tuple[float, float]  # height of the right and left diaphragm over the recess
    fat_mm: float  # under the skin
    breast_mm: float  # in front of the ribs; 0: a man
    arms_down: bool
    heart_scale: float
    wobble: np.ndarray  # (lung, harmonic, 2): amplitude and phase of the outlines' waves, (2, 3, 2)
    inspiration_hu: float  # below 0: deeper breath, less dense
    gravity_hu: float  # dorsal minus ventral density
    # disease
    severity: float  # of emphysema, latent, 0..1
    panlobular: bool  # diffuse destruction in place of holes
    zone_slope: float  # log lesion density from base to apex; > 0: upper lobes
    side_log_ratio: float  # log lesion density, left over right
    patchiness: float  # sd of the log lesion density
    paraseptal: float  # share of the upper pleura with a row of holes, 0..1
    wall_mm: float  # of the bronchi
    nodules_per_ml: float  # faint centrilobular nodules of inflamed small airways
    vessels: float  # small vessels left, relative to health
    inflammation_hu: float  # by which the tissue between the holes is denser
    # acquisition
    spacing_mm: float  # in plane
    slice_mm: float  # distance of slices
    thick_mm: float  # what a slice averages
    slices_below: int  # slices under the lungs
    slices: int
    shift_mm: tuple[float, float]  # (x, y) of the patient against the image centre
    hole_hu: float  # density of the holes, which differs between scanners
    kernel: str
    noise_sd_hu: float
    offset_hu: float
    circle: bool  # whether voxels outside the scan circle are blanked

    @property
    def grid(self) -> Grid:
        """Return the pixels of the subject's slices."""
        return Grid(MATRIX, self.spacing_mm, self.shift_mm)

    def z_mm(self, index: int) -> float:
        """Return the height of slice `index` over the recess of the lungs, in mm."""
        return (index - self.slices_below + 0.5) * self.slice_mm

    def relief_hu(self, z: float, box: tuple[slice, slice]) -> np.ndarray | None:
        """Return what is added to the tissue at height z in a box, HU (rows, columns).

        None where nothing is, as in every inspiration.
        """
        return None


def draw_subject(
    rng: np.random.Generator, thin_share: float = 0.0, thickest_mm: float | None = None
) -> Subject:
    """Draw a subject: its disease, the body, then the scan, as draw_acquisition has it."""
    disease = draw_disease(rng)
    physique = draw_physique(rng, disease["severity"])
    acquisition = draw_acquisition(rng, physique, thin_share, thickest_mm)
    return Subject(**disease, **physique, **acquisition)

"""Draws one simulated subject: body, disease and acquisition, before any voxel is made.

The ranges below are chosen to look like a chest CT and to make the learning task neither trivial
nor hopeless.
"""

from dataclasses import dataclass

import numpy as np

MATRIX = 512  # rows and columns of every scan

# A fifth of the cohort has no emphysema at all, the rest spreads over the whole range, so that
# about half of the cohort ends up without COPD, as in COPDGene.
P_NO_EMPHYSEMA = 0.18
MAX_EXTENT = 0.6  # destroyed fraction of the lung aimed at for severity 1

# Wall thickness of the bronchi: grows with severity, and a part of it is independent.
WALL_MM, WALL_MM_PER_SEVERITY, WALL_SD_MM = 0.9, 0.45, 0.2

# What disturbs LAA-950 and leaves the texture alone.
INSPIRATION_SD_HU = 14.0
OFFSET_SD_HU = 8.0
NOISE_SD_HU = {"soft": (15.0, 25.0), "standard": (35.0, 60.0), "sharp": (75.0, 110.0)}

HOLE_HU, HOLE_SD_HU = -972.0, 10.0  # destroyed lung, and how it varies between scanners
LUNG_HU = -866.0  # parenchyma at full inspiration without disease
INFLAMMATION_HU = 20.0  # what is not destroyed is denser, as in smokers; at severity 1
# What else shows severity, and no threshold does: lost small vessels, hyperinflation.
PRUNING = 0.9  # lost fraction of the small vessels at severity 1
PRUNING_SD = 0.05


@dataclass(frozen=True)
class Subject:
    """One subject. Lengths in mm, densities in HU, fractions in 0..1; LPS axes."""

    # anatomy
    half_width_mm: float  # of the rib cage, inside
    half_depth_mm: float
    lung_height_mm: float  # from the deepest recess to the apex
    dome_mm: tuple[float, float]  # height of the right and left diaphragm over the recess
    fat_mm: float  # under the skin
    heart_scale: float
    wobble: np.ndarray  # (lung, harmonic, 2): amplitude and phase of the outlines' waves, (2, 3, 2)
    # grid
    spacing_mm: float  # in plane
    slice_mm: float  # distance of slices
    slices_below: int  # slices under the lungs
    slices: int
    shift_mm: tuple[float, float]  # (x, y) of the patient against the image centre
    # disease
    severity: float  # latent, 0..1
    zone_slope: float  # log lesion density from base to apex; > 0: upper lobes
    side_log_ratio: float  # log lesion density, left over right
    patchiness: float  # sd of the log lesion density
    hole_hu: float  # density of the holes, which differs between scanners
    wall_mm: float
    vessels: float  # small vessels left, relative to health
    # acquisition
    kernel: str
    noise_sd_hu: float
    offset_hu: float
    inspiration_hu: float  # below 0: deeper breath, less dense
    inflammation_hu: float  # by which the tissue between the holes is denser
    gravity_hu: float  # dorsal minus ventral density
    circle: bool  # whether voxels outside the scan circle are blanked

    def z_mm(self, index: int) -> float:
        """Return the height of slice `index` over the recess of the lungs, in mm."""
        return (index - self.slices_below + 0.5) * self.slice_mm


def draw_subject(rng: np.random.Generator) -> Subject:
    """Draw a subject: first its disease, then the body and the acquisition that go with it."""
    severity = 0.0 if rng.random() < P_NO_EMPHYSEMA else rng.beta(0.9, 1.15)
    inspiration_hu = float(np.clip(rng.normal(0, INSPIRATION_SD_HU), -50, 60))
    # the lung's mass does not change: half as dense above -1000 HU means twice the volume
    swelling = (LUNG_HU + 1000) / (LUNG_HU + 1000 + inspiration_hu)
    half_width = rng.uniform(112, 132) * swelling**0.15
    half_depth = half_width * (rng.uniform(0.70, 0.78) + 0.1 * severity)
    height = rng.uniform(230, 275) * swelling**0.35 * (1 + 0.08 * severity)
    slice_mm = round(float(np.clip(height / rng.integers(41, 49), 5.0, 7.0)), 2)
    below = int(rng.integers(2, 5))
    fat = float(np.clip(rng.lognormal(np.log(14), 0.4), 6, 32))
    body_mm = 2 * (half_width + 22 + fat)
    dome = rng.uniform(62, 92) * swelling**-0.3 * (1 - 0.5 * severity)
    kernel = str(rng.choice(list(NOISE_SD_HU)))
    low, high = NOISE_SD_HU[kernel]
    upper = rng.random() < 0.7  # smokers' emphysema prefers the upper lobes
    return Subject(
        half_width_mm=half_width,
        half_depth_mm=half_depth,
        lung_height_mm=height,
        dome_mm=(dome, dome - rng.uniform(5, 15)),
        fat_mm=fat,
        heart_scale=rng.uniform(0.92, 1.12) * (1 - 0.25 * severity),
        wobble=np.stack(
            [rng.normal(0, [0.018, 0.014, 0.01], (2, 3)), rng.uniform(0, 2 * np.pi, (2, 3))], -1
        ),
        spacing_mm=round(float(np.clip(body_mm * rng.uniform(0.98, 1.08) / MATRIX, 0.6, 0.8)), 4),
        slice_mm=slice_mm,
        slices_below=below,
        slices=below + int(np.ceil(height / slice_mm)) + int(rng.integers(2, 5)),
        shift_mm=(rng.normal(0, 3), rng.normal(4, 4)),
        severity=severity,
        zone_slope=rng.uniform(0.5, 2.8) if upper else rng.uniform(-2.2, -0.3),
        side_log_ratio=rng.normal(0, 0.35),
        patchiness=rng.uniform(0.4, 1.3),
        hole_hu=rng.normal(HOLE_HU, HOLE_SD_HU),
        wall_mm=float(
            np.clip(rng.normal(WALL_MM + WALL_MM_PER_SEVERITY * severity, WALL_SD_MM), 0.4, 2.2)
        ),
        vessels=float(np.clip(1 - PRUNING * severity + rng.normal(0, PRUNING_SD), 0.1, 1.2)),
        kernel=kernel,
        noise_sd_hu=float(np.exp(rng.uniform(np.log(low), np.log(high)))),
        offset_hu=rng.normal(0, OFFSET_SD_HU),
        inspiration_hu=inspiration_hu,
        inflammation_hu=INFLAMMATION_HU * severity * rng.uniform(0.8, 1.2),
        gravity_hu=rng.uniform(15, 60),
        circle=rng.random() < 0.5,
    )

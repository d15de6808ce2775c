"""Puts a phantom together: volume in HU, label map, and what is true about it."""

from typing import NamedTuple

import cv2
import numpy as np

from data.phantom import anatomy, body, branches, imaging, lesions
from data.phantom.anatomy import LEFT, RIGHT
from data.phantom.chest_plan import ChestPlan, plan_chest
from data.phantom.subject import LUNG_HU, MATRIX, Subject

PARENCHYMA, AIRWAY, VESSEL = 1, 2, 3  # Chest Imaging Platform types, in the high byte
WALL_HU, LUMEN_HU = 20, -990
TISSUE_FLOOR_HU = -948  # intact tissue is below -950 HU by noise only
TWIGS_PER_SLICE = 900
LEVELS = 5  # zones of a lung from base to apex, for the worst one
SHARE = np.float32(1 / 255)  # of a pixel, per step of a coverage


class Phantom(NamedTuple):
    """hu: int16 (z, y, x). mask: uint16 (z, y, x) in CIP coding. facts: those of true_facts."""

    hu: np.ndarray
    mask: np.ndarray
    facts: dict[str, float]


class Layers(NamedTuple):
    """How far each pixel of a slice is covered by what, uint8 (512, 512) each."""

    vessel: np.ndarray
    wall: np.ndarray
    lumen: np.ndarray
    hole: np.ndarray


def render(subject: Subject, rng: np.random.Generator, noise: bool = True) -> Phantom:
    """Render a subject; without noise, what the reconstruction kernel resolves."""
    rng, grain_rng = rng.spawn(2)  # the same lungs with and without noise
    plan = plan_chest(subject, rng)
    kernel = imaging.KERNELS[subject.kernel]
    planes = imaging.noise_planes(grain_rng, kernel)
    hu = np.empty((subject.slices, MATRIX, MATRIX), np.int16)
    mask = np.zeros(hu.shape, np.uint16)
    destroyed = np.zeros((subject.slices, 2, 2))  # slice, lung, (destroyed, all) in pixels
    for index in range(subject.slices):
        layers = draw_layers(rng, subject, plan, index)
        scene = draw_scene(rng, subject, plan, index, layers)
        mask[index] = label_slice(plan.cover[index], layers)
        destroyed[index] = count_destroyed(mask[index], layers.hole)
        image = imaging.resolve(scene, kernel, subject.spacing_mm)
        if noise:
            inside = (scene > -500) | plan.inside(index)
            sd = imaging.noise_profile(inside) * np.float32(subject.noise_sd_hu)
            image += sd * imaging.crop_noise(grain_rng, planes)
        hu[index] = imaging.to_stored(image, subject.offset_hu, subject.circle)
    return Phantom(hu, mask, true_facts(subject, hu, mask, destroyed))


def draw_layers(rng: np.random.Generator, subject: Subject, plan: ChestPlan, index: int) -> Layers:
    """Draw the vessels, airways and holes of a slice."""
    z, inside = plan.z_mm[index], plan.inside(index)
    layers = Layers(*np.zeros((4, MATRIX, MATRIX), np.uint8))
    branches.draw_tubes(layers.wall, subject, plan.bronchi, z, grow_mm=subject.wall_mm)
    branches.draw_tubes(layers.lumen, subject, plan.bronchi, z)
    for canvas in (layers.wall, layers.lumen):  # bronchi show in the lungs only
        np.minimum(canvas, plan.cover[index].max(0), out=canvas)
    branches.draw_tubes(layers.wall, subject, plan.windpipe, z, grow_mm=1.5)
    branches.draw_tubes(layers.lumen, subject, plan.windpipe, z)
    if inside.any():
        rows, columns = inside.any(1).nonzero()[0], inside.any(0).nonzero()[0]
        box = rows[0], rows[-1], columns[0], columns[-1]
        branches.draw_twigs(layers.vessel, rng, box, int(TWIGS_PER_SLICE * subject.vessels))
        branches.draw_tubes(layers.vessel, subject, plan.vessels, z)
        lesions.draw_holes(layers.hole, subject, rng, plan.holes, z)
    return layers


def draw_scene(
    rng: np.random.Generator, subject: Subject, plan: ChestPlan, index: int, layers: Layers
) -> np.ndarray:
    """Return a slice without blur or noise in HU, float32 (512, 512)."""
    scene = body.draw_body(subject, plan.z_mm[index])
    if plan.inside(index).any():
        lung = parenchyma(rng, subject)
        gone = layers.hole * SHARE
        lung += gone * (subject.hole_hu - lung)
        # small vessels are lost with the tissue around them, large ones are not
        blood = layers.vessel * SHARE
        blood *= 1 - 0.8 * gone * (blood < 0.95)
        lung += blood * (anatomy.BLOOD_HU - lung)
        scene += plan.cover[index].max(0) * SHARE * (lung - scene)
    scene += layers.wall * SHARE * (WALL_HU - scene)
    scene += layers.lumen * SHARE * (LUMEN_HU - scene)
    return scene


def parenchyma(rng: np.random.Generator, subject: Subject) -> np.ndarray:
    """Return HU of lung tissue, float32 (512, 512): gravity and gentle unevenness."""
    coarse = rng.normal(0, 7, (10, 10)).astype(np.float32)
    rows = anatomy.to_pixels(subject, [0, 0])[1] - np.arange(MATRIX, dtype=np.float32)
    back = -rows * subject.spacing_mm / (2 * subject.half_depth_mm)  # -.5 front, .5 back
    uneven = cv2.resize(coarse, (MATRIX, MATRIX), interpolation=cv2.INTER_CUBIC)
    level = LUNG_HU + subject.inspiration_hu + subject.inflammation_hu
    tissue = uneven + (level + subject.gravity_hu * back)[:, None]
    return np.maximum(tissue, np.float32(TISSUE_FLOOR_HU))


def label_slice(cover: np.ndarray, layers: Layers) -> np.ndarray:
    """Return a slice's label map in CIP coding (512, 512); cover: of both lungs (2, 512, 512)."""
    airway = np.maximum(layers.wall, layers.lumen) > 127
    region = np.where(cover[0] > 127, RIGHT, np.where(cover[1] > 127, LEFT, 0))
    kind = np.where(airway, AIRWAY, np.where(layers.vessel > 127, VESSEL, PARENCHYMA))
    return np.where(region > 0, kind << 8 | region, np.where(airway, AIRWAY << 8, 0))


def count_destroyed(mask: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """Return the destroyed and all parenchyma of the right and left lung, in pixels (2, 2)."""
    counts = np.zeros((2, 2))
    for lung, code in enumerate((RIGHT, LEFT)):
        tissue = mask == (PARENCHYMA << 8 | code)
        counts[lung] = hole[tissue].sum() / 255, tissue.sum()
    return counts


def true_facts(
    subject: Subject, hu: np.ndarray, mask: np.ndarray, destroyed: np.ndarray
) -> dict[str, float]:
    """Return what the generator knows of a volume.

    extent, worst_zone: destroyed fractions of the lungs and of the worst zone. laa950: percent
    below -950 HU. mean_hu, lung_ml: of the lungs without airways. destroyed: (slices, 2, 2), of
    count_destroyed.
    """
    zones = [zone.sum(0) for zone in np.array_split(destroyed[destroyed.sum((1, 2)) > 0], LEVELS)]
    worst = max((gone / total for zone in zones for gone, total in zone if total), default=0)
    gone, total = destroyed.sum((0, 1))
    lung = (mask & 0xFF > 0) & (mask >> 8 != AIRWAY)
    return {
        "extent": float(gone / total),
        "worst_zone": float(worst),
        "laa950": float(100 * (hu[lung] < -950).mean()),
        "mean_hu": float(hu[lung].mean()),
        "lung_ml": float(lung.sum() * subject.spacing_mm**2 * subject.slice_mm / 1000),
    }

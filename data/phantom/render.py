"""Puts a phantom together: volume in HU, label map, and what the image tells."""

from typing import NamedTuple

import cv2
import numpy as np

from data.phantom import anatomy, body, branches, imaging
from data.phantom.acquisition import MATRIX
from data.phantom.anatomy import LEFT, RIGHT
from data.phantom.chest_plan import ChestPlan, Pathology, plan_chest, plan_pathology
from data.phantom.fissures import draw_fissures
from data.phantom.lesion_drawing import draw_balls
from data.phantom.parenchyma import parenchyma
from data.phantom.subject import Subject
from pylayers.lungs.densitometry import laa950, perc15

PARENCHYMA, AIRWAY, VESSEL = 1, 2, 3  # Chest Imaging Platform types, in the high byte
WALL_HU, LUMEN_HU = 20, -990
DIFFUSE_MM = 2.5  # over which panlobular destruction sets in
NODULE_HU = 220  # denser than the tissue around
SHARE = np.float32(1 / 255)  # of a pixel, per step of a coverage


class Streams(NamedTuple):
    """Random streams of an image: the lesions are the same with and without the rest."""

    lesions: np.random.Generator
    drawing: np.random.Generator
    grain: np.random.Generator


class Phantom(NamedTuple):
    """hu: int16 (z, y, x). mask: uint16 (z, y, x) in CIP coding. facts: those of image_facts."""

    hu: np.ndarray
    mask: np.ndarray
    facts: dict[str, float]


class Layers(NamedTuple):
    """How far each pixel of a slice is covered by what, uint8 (512, 512) each."""

    vessel: np.ndarray
    wall: np.ndarray
    lumen: np.ndarray
    hole: np.ndarray
    nodule: np.ndarray


def streams(rng: np.random.Generator) -> Streams:
    """Return the streams of the image that `rng` stands for."""
    return Streams(*rng.spawn(3))


def render(
    subject: Subject,
    rng: np.random.Generator,
    noise: bool = True,
    pathology: Pathology | None = None,
) -> Phantom:
    """Render a subject; without noise, what the reconstruction kernel resolves.

    pathology: what plan_pathology returned for the lesions' stream, None to plan it here.
    """
    lesion_rng, rng, grain_rng = streams(rng)
    plan = plan_chest(subject, rng, pathology or plan_pathology(subject, lesion_rng))
    kernel = imaging.KERNELS[subject.kernel]
    planes = imaging.noise_planes(grain_rng, kernel)
    hu = np.empty((subject.slices, MATRIX, MATRIX), np.int16)
    mask = np.zeros(hu.shape, np.uint16)
    for index in range(subject.slices):
        z = subject.z_mm(index)
        lungs = anatomy.draw_lungs(subject, z, subject.grid)
        cover = lungs.max(0)
        layers = draw_layers(rng, subject, plan, z, cover)
        scene = draw_scene(rng, subject, z, cover, layers)
        mask[index] = label_slice(lungs, layers)
        image = imaging.resolve(scene, kernel, subject.spacing_mm)
        if noise:
            inside = (scene > -500) | (cover > 127)
            grain = imaging.crop_noise(grain_rng, planes)
            if strength := imaging.streak_strength(subject, z):
                grain = grain + np.float32(strength) * imaging.streaks(grain_rng)
            grain = grain * imaging.noise_profile(inside)
            grain *= np.float32(subject.noise_sd_hu)
            image += grain
        hu[index] = imaging.to_stored(image, subject.offset_hu, subject.circle)
    return Phantom(hu, mask, image_facts(subject, hu, mask))


def draw_layers(
    rng: np.random.Generator, subject: Subject, plan: ChestPlan, z: float, cover: np.ndarray
) -> Layers:
    """Draw the vessels, airways and lesions of the slice at height z; cover: by the lungs."""
    layers = Layers(*(np.zeros((MATRIX, MATRIX), np.uint8) for _ in Layers._fields))
    branches.draw_tubes(layers.wall, subject, plan.bronchi, z, grow_mm=subject.wall_mm)
    branches.draw_tubes(layers.lumen, subject, plan.bronchi, z)
    for canvas in (layers.wall, layers.lumen):  # bronchi show in the lungs only
        np.minimum(canvas, cover, out=canvas)
    branches.draw_tubes(layers.wall, subject, plan.windpipe, z, grow_mm=1.5)
    branches.draw_tubes(layers.lumen, subject, plan.windpipe, z)
    if box_of(cover):
        draw_fissures(layers.vessel, subject, z)
        branches.draw_tubes(layers.vessel, subject, plan.vessels, z)
        draw_balls(layers.hole, subject, plan.lesions.parenchymal, z, rng)
        if subject.panlobular:  # it has no edges
            layers.hole[:] = cv2.GaussianBlur(layers.hole, None, DIFFUSE_MM / subject.spacing_mm)
        draw_balls(layers.hole, subject, plan.lesions.paraseptal, z, None)
        draw_balls(layers.nodule, subject, plan.lesions.nodules, z, None)
    return layers


def draw_scene(
    rng: np.random.Generator, subject: Subject, z: float, cover: np.ndarray, layers: Layers
) -> np.ndarray:
    """Return the slice at height z without blur or noise in HU, float32 (512, 512)."""
    scene = body.draw_body(subject, z)
    box = box_of(cover)
    if box:
        lung = parenchyma(rng, subject, box)
        if (relief := subject.relief_hu(z, box)) is not None:
            lung += relief
        lung += NODULE_HU * SHARE * cv2.GaussianBlur(layers.nodule[box], None, 1.0)
        gone = layers.hole[box] * SHARE
        lung += gone * (subject.hole_hu - lung)
        # small vessels are lost with the tissue around them, large ones are not
        blood = layers.vessel[box] * SHARE
        blood *= 1 - 0.8 * gone * (blood < 0.95)
        lung += blood * (anatomy.BLOOD_HU - lung)
        scene[box] += cover[box] * SHARE * (lung - scene[box])
    for layer, value in ((layers.wall, WALL_HU), (layers.lumen, LUMEN_HU)):
        if box := box_of(layer):
            scene[box] += layer[box] * SHARE * (value - scene[box])
    return scene


def box_of(layer: np.ndarray) -> tuple[slice, slice] | None:
    """Return the rows and columns that hold what a layer (512, 512) covers; None: nothing."""
    x, y, width, height = cv2.boundingRect(layer)
    return (slice(y, y + height), slice(x, x + width)) if width else None


def label_slice(lungs: np.ndarray, layers: Layers) -> np.ndarray:
    """Return a slice's label map in CIP coding (512, 512); lungs: their coverage (2, 512, 512)."""
    label = np.zeros(lungs.shape[1:], np.uint16)
    box = box_of(np.maximum(lungs.max(0), layers.wall))
    if box:
        right, left = lungs[:, *box] > 127
        airway = np.maximum(layers.wall[box], layers.lumen[box]) > 127
        region = right * np.uint16(RIGHT) + left * np.uint16(LEFT)
        kind = np.where(layers.vessel[box] > 127, np.uint16(VESSEL), np.uint16(PARENCHYMA))
        kind *= region > 0
        kind[airway] = AIRWAY
        label[box] = kind << 8 | region
    return label


def image_facts(subject: Subject, hu: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Return the densities and the volume of the true lungs without airways.

    laa950: percent below -950 HU. perc15, mean_hu: HU. lung_ml: ml.
    """
    values = lung_values(hu, mask)
    return {
        "laa950": laa950(values),
        "perc15": perc15(values),
        "mean_hu": float(values.mean()),
        "lung_ml": float(len(values) * subject.spacing_mm**2 * subject.slice_mm / 1000),
    }


def lung_values(hu: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the HU of the true lungs without airways (n,)."""
    box = (slice(None), *box_of((mask.max(0) > 0).astype(np.uint8)))
    label = mask[box]
    return hu[box][(label & 0xFF > 0) & (label >> 8 != AIRWAY)]

"""Puts a phantom together: volume in HU, label map, and what is true about it.

Phantoms say nothing about patients.
"""

from typing import NamedTuple

import cv2
import numpy as np

from data.phantom import anatomy, body, branches, imaging, lesions
from data.phantom.anatomy import LEFT, RIGHT
from data.phantom.subject import LUNG_HU, MATRIX

PARENCHYMA, AIRWAY, VESSEL = 1, 2, 3  # Chest Imaging Platform types, in the high byte
WALL_HU, LUMEN_HU = 20, -990
TISSUE_FLOOR_HU = -948  # tissue that is not destroyed is not counted as such but for noise
TARGETS = 400  # end points per vessel tree and lung
TWIGS_PER_SLICE = 900
LEVELS = 5  # zones of a lung from base to apex, for the worst one
LUNG_POINTS = 40000  # where holes may be, per scan


class Phantom(NamedTuple):
    """`hu` (z, y, x) int16, `mask` (z, y, x) uint16 in CIP coding, and the generator's facts."""

    hu: np.ndarray
    mask: np.ndarray
    facts: dict


def lung_points(rng, subject, cover, side, count):
    """`count` random points (n, 3) in mm of one lung (or both, side None)."""
    inside = cover[:, side - RIGHT] if side else cover.max(1)
    area = (inside > 127).sum((1, 2))
    points = []
    for index, number in enumerate(rng.multinomial(count, area / area.sum())):
        if number:
            rows, columns = np.divmod(np.flatnonzero(inside[index] > 127), MATRIX)
            pick = rng.integers(0, len(rows), number)
            pixels = np.stack([columns[pick], rows[pick]], -1)
            xy = (pixels - (MATRIX - 1) / 2) * subject.spacing_mm - subject.shift_mm
            z = subject.z_mm(index) + rng.uniform(-0.5, 0.5, number) * subject.slice_mm
            points.append(np.column_stack([xy, z]))
    return np.concatenate(points)


def grow_branches(rng, subject, cover):
    """(vessels, lumens of the bronchi) of both lungs as `Tubes`."""
    vessels, bronchi = [], []
    for side, x in ((RIGHT, -34), (LEFT, 36)):
        for dz, dy in ((0.55, 0.12), (0.50, 0.22)):  # artery, then vein
            root = np.array([x, dy * subject.half_depth_mm, dz * subject.lung_height_mm])
            targets = lung_points(rng, subject, cover, side, int(TARGETS * subject.vessels))
            tree = branches.grow_tree(rng, root, rng.permutation(targets))
            vessels.append(tree)
            if dz == 0.55:
                bronchi.append(branches.bronchi_of(tree, subject.wall_mm))
    return tuple(
        branches.Tubes(*map(np.concatenate, zip(*tubes, strict=True)))
        for tubes in (vessels, bronchi)
    )


def parenchyma(rng, subject):
    """HU (512, 512) of lung tissue: gravity and gentle unevenness."""
    coarse = rng.normal(0, 7, (10, 10)).astype(np.float32)
    rows = anatomy.to_pixels(subject, [0, 0])[1] - np.arange(MATRIX, dtype=np.float32)
    back = -rows * subject.spacing_mm / (2 * subject.half_depth_mm)  # -.5 front, .5 back
    uneven = cv2.resize(coarse, (MATRIX, MATRIX), interpolation=cv2.INTER_CUBIC)
    level = LUNG_HU + subject.inspiration_hu + subject.inflammation_hu
    tissue = uneven + (level + subject.gravity_hu * back)[:, None]
    return np.maximum(tissue, np.float32(TISSUE_FLOOR_HU))


def render(subject, rng, noise=True):
    """Render `subject` with the randomness of `rng`; without `noise` what the kernel resolves."""
    rng, grain_rng = rng.spawn(2)  # the same lungs with and without noise
    z_mm = [subject.z_mm(i) for i in range(subject.slices)]
    cover = np.stack([anatomy.draw_lungs(subject, z) for z in z_mm])
    inside = cover.max(1) > 127
    vessels, bronchi = grow_branches(rng, subject, cover)
    windpipe = branches.main_airways(subject)
    voxel_mm3 = subject.spacing_mm**2 * subject.slice_mm
    points = lung_points(rng, subject, cover, None, LUNG_POINTS)
    holes = lesions.strew_holes(subject, rng, points, inside.sum() * voxel_mm3)

    kernel = imaging.KERNELS[subject.kernel]
    planes = imaging.noise_planes(grain_rng, kernel)
    hu = np.empty((subject.slices, MATRIX, MATRIX), np.int16)
    mask = np.zeros(hu.shape, np.uint16)
    destroyed = np.zeros((subject.slices, 2, 2))  # slice, lung, (destroyed, all) in pixels
    for i, z in enumerate(z_mm):
        scene = body.draw_body(subject, z)
        vessel, wall, lumen, hole = np.zeros((4, MATRIX, MATRIX), np.uint8)
        branches.draw_tubes(wall, subject, bronchi, z, grow_mm=subject.wall_mm)
        branches.draw_tubes(lumen, subject, bronchi, z)
        for canvas in (wall, lumen):  # bronchi show in the lungs only, the windpipe everywhere
            np.minimum(canvas, cover[i].max(0), out=canvas)
        branches.draw_tubes(wall, subject, windpipe, z, grow_mm=1.5)
        branches.draw_tubes(lumen, subject, windpipe, z)
        if inside[i].any():
            rows, columns = inside[i].any(1).nonzero()[0], inside[i].any(0).nonzero()[0]
            box = rows[0], rows[-1], columns[0], columns[-1]
            branches.draw_twigs(vessel, rng, box, int(TWIGS_PER_SLICE * subject.vessels))
            branches.draw_tubes(vessel, subject, vessels, z)
            lesions.draw_holes(hole, subject, rng, holes, z)
            lung = parenchyma(rng, subject)
            gone = hole * np.float32(1 / 255)
            lung += gone * (subject.hole_hu - lung)
            # small vessels are lost with the tissue around them, large ones are not
            blood = vessel * np.float32(1 / 255)
            blood *= 1 - 0.8 * gone * (blood < 0.95)
            lung += blood * (anatomy.BLOOD_HU - lung)
            scene += cover[i].max(0) * np.float32(1 / 255) * (lung - scene)
        scene += wall * np.float32(1 / 255) * (WALL_HU - scene)
        scene += lumen * np.float32(1 / 255) * (LUMEN_HU - scene)

        airway = np.maximum(wall, lumen) > 127
        region = np.where(cover[i, 0] > 127, RIGHT, np.where(cover[i, 1] > 127, LEFT, 0))
        kind = np.where(airway, AIRWAY, np.where(vessel > 127, VESSEL, PARENCHYMA))
        mask[i] = np.where(region > 0, kind << 8 | region, np.where(airway, AIRWAY << 8, 0))
        for lung_index, code in enumerate((RIGHT, LEFT)):
            tissue = mask[i] == (PARENCHYMA << 8 | code)
            destroyed[i, lung_index] = hole[tissue].sum() / 255, tissue.sum()

        image = imaging.resolve(scene, kernel, subject.spacing_mm)
        if noise:
            sd = imaging.noise_profile((scene > -500) | inside[i]) * np.float32(subject.noise_sd_hu)
            image += sd * imaging.crop_noise(grain_rng, planes)
        hu[i] = imaging.to_stored(image, subject.offset_hu, subject.circle)
    return Phantom(hu, mask, true_facts(subject, hu, mask, destroyed))


def true_facts(subject, hu, mask, destroyed):
    """What the generator knows: extent, worst zone, LAA-950, density and volume of lungs."""
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

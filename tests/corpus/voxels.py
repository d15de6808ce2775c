"""Corpus of voxels, lungs and masks: whole files that must not be scored."""

import cv2
import numpy as np
from formats import image_of, write_format

from corpus.case import Chest, Input
from corpus.files import case

LPS_ORIGIN = (-310.5, 20.25, -90.125)


def numbers(name, slug, kind, change):
    """Register a case of a phantom with changed numbers; change: function of HU."""

    @case(name, slug)
    def make(folder, chest: Chest):
        return Input(chest.write(folder, kind, change(chest.hu)))


def one_voxel(value):
    """Return a function that sets one voxel."""

    def change(hu):
        hu = hu.astype(np.float32)
        hu[tuple(n // 2 for n in hu.shape)] = value
        return hu

    return change


def eight_bit(hu):
    """Return the HU as a lung window of 256 grey values."""
    return np.clip((hu + 1350.0) / 1500 * 255, 0, 255).astype(np.uint8)


numbers("nii.gz float: one NaN", "not-finite", "nii.gz float", one_voxel(np.nan))
numbers("nii.gz float: one infinity", "not-finite", "nii.gz float", one_voxel(np.inf))
numbers("nii.gz: 0..4095, no offset", "not-hu", "nii.gz", lambda hu: hu.clip(-1024) + 1024)
numbers("nrrd: offset subtracted twice", "not-hu", "nrrd", lambda hu: hu - 1024)
numbers("mhd+raw: offset of 1000 missing", "not-hu", "mhd+raw", lambda hu: hu.clip(-1000) + 1000)
numbers("nii.gz float: 0..1", "not-hu", "nii.gz float", lambda hu: (hu.clip(-1024) + 1024) / 4095)
numbers("mha: 100 HU too low", "not-hu", "mha", lambda hu: hu - 100)
numbers("nrrd: 100 HU too high", "not-hu", "nrrd", lambda hu: hu + 100)
numbers("nii: a tenth too little", "not-hu", "nii", lambda hu: hu * 0.9)
numbers("mhd+raw: a tenth too much", "not-hu", "mhd+raw", lambda hu: hu * 1.1)
numbers("mha: nothing below -900", "not-hu", "mha", lambda hu: hu.clip(-900))
numbers("nii.gz float: zeros", "not-hu", "nii.gz float", lambda hu: hu * 0)
numbers("mha: 8-bit window", "windowed", "mha", eight_bit)
numbers("nii.gz float: 8-bit window", "windowed", "nii.gz float", eight_bit)
numbers(
    "mha int32: 8-bit window turned back to HU",
    "windowed",
    "mha int32",
    lambda hu: eight_bit(hu) * (1500 / 255) - 1350,
)
numbers("nii: grey values of an MR", "no-lungs", "nii", lambda hu: (hu + 1024) * 0.3)


@case("nii.gz: a label map", "label-map")
def label_map(folder, chest):
    return Input(chest.write(folder, "nii.gz", chest.labels))


@case("mha: a label map with a hundred labels", "label-map")
def many_labels(folder, chest):
    z, y, x = np.indices(chest.hu.shape, sparse=True)
    blocks = 1 + (z // 13 * 25 + y // 52 * 5 + x // 52)
    return Input(chest.write(folder, "mha", blocks * (chest.hu > -900)))


# ---- not a chest, or not all of it ----


def volume(name, slug, kind, change):
    """Register a case of other voxels; change: function of the Chest, returns HU (z, y, x)."""

    @case(name, slug)
    def make(folder, chest: Chest):
        return Input(chest.write(folder, kind, change(chest).astype(np.int16)))


def lung_slices(chest):
    """Return first and last slice with lungs."""
    slices = np.flatnonzero((chest.labels & 0xFF).any(axis=(1, 2)))
    return slices[0], slices[-1] + 1


def noise(chest, seed=0):
    """Return noise of a quiet scan."""
    return np.random.default_rng(seed).normal(0, 12, chest.hu.shape)


def head(chest):
    """Return a skull with small air spaces."""
    z, y, x = np.indices(chest.hu.shape, sparse=True)
    r = np.hypot((y - 128) / 70, (x - 128) / 55) + 0 * z
    hu = np.where(r < 1, 35, -1000) + np.where((r > 0.9) & (r < 1), 900, 0)
    hu = np.where(np.hypot(y - 90, x - 128) + 0 * z < 9, -1000, hu)
    return hu + noise(chest)


def abdomen(chest):
    """Return a belly with gas in the bowel."""
    z, y, x = np.indices(chest.hu.shape, sparse=True)
    hu = np.where(np.hypot((y - 128) / 75, (x - 128) / 115) + 0 * z < 1, 45, -1000)
    for cz, cy, cx in ((10, 90, 80), (25, 85, 150), (40, 95, 190), (30, 100, 60)):
        gas = ((z - cz) / 6) ** 2 + ((y - cy) / 16) ** 2 + ((x - cx) / 20) ** 2 < 1
        hu = np.where(gas, -1000, hu)
    return hu + noise(chest)


def left_lung_full(chest):
    """Return the chest with its left lung full of fluid."""
    left = chest.labels & 0xFF == 3
    return np.where(left, 15 + noise(chest), chest.hu)


def twice(chest):
    """Return the chest upon itself."""
    return np.concatenate([chest.hu, chest.hu])


def hollow(chest):
    """Return a can full of air with eight rods, which are as dense as vessels."""
    z, y, x = np.indices(chest.hu.shape, sparse=True)
    r = np.hypot(y - 128, x - 128) + 0 * z
    hu = np.where(r < 100, np.where((r < 94) & (z > 1) & (z < 50), -985, 120), -1000)
    for angle in np.arange(8) * np.pi / 4:
        rod = np.hypot(y - 128 - 55 * np.cos(angle), x - 128 - 55 * np.sin(angle)) + 0 * z < 7
        hu = np.where(rod & (z > 3) & (z < 46), 100, hu)
    return hu + noise(chest)


volume("mha: two chests, one above the other", "several-lungs", "mha", twice)
volume("nii.gz: a hollow object full of air", "no-lungs", "nii.gz", hollow)
volume("nrrd: water", "no-lungs", "nrrd", lambda chest: 0 + noise(chest))
volume("nii: air", "no-lungs", "nii", lambda chest: -1000 + noise(chest))
volume("mha: a head", "no-lungs", "mha", head)
volume("mhd+zraw: an abdomen", "no-lungs", "mhd+zraw", abdomen)
volume("nii.gz: one lung full of fluid", "one-lung", "nii.gz", left_lung_full)
volume(
    "nrrd gzip: the upper half missing",
    "lungs-cut",
    "nrrd gzip",
    lambda chest: chest.hu[: sum(lung_slices(chest)) // 2],
)
volume(
    "mha: the lower half missing",
    "lungs-cut",
    "mha",
    lambda chest: chest.hu[sum(lung_slices(chest)) // 2 :],
)
volume("nii: a third of the left missing", "lungs-cut", "nii", lambda chest: chest.hu[:, :, :170])
volume("nhdr+raw: every fifth slice", "few-slices", "nhdr+raw", lambda chest: chest.hu[::5])


# ---- masks ----


def mask(name, slug, labels, spacing=1.0, origin=LPS_ORIGIN, options=()):
    """Register a case of a good scan and a bad mask; labels: function of the Chest."""

    @case(name, slug)
    def make(folder, chest: Chest):
        spacing_mm = tuple(value * spacing for value in chest.spacing_mm)
        image = image_of(labels(chest).astype(np.uint16), spacing_mm, origin)
        path = write_format(folder, "mask nrrd", image, "mask")
        return Input(chest.write(folder, "mhd+raw"), path, options)


mask("mask: fewer slices", "mask-grid", lambda chest: chest.labels[1:])
mask("mask: other spacing", "mask-grid", lambda chest: chest.labels, spacing=1.25)
mask("mask: elsewhere", "mask-grid", lambda chest: chest.labels, origin=(-290.5, 20.25, -90.125))
mask("mask: empty", "mask-empty", lambda chest: 0 * chest.labels)
mask("mask: only airways", "mask-empty", lambda chest: 514 * (chest.labels > 0))
mask(
    "mask: labels that it has not",
    "mask-empty",
    lambda chest: chest.labels > 0,
    options=("--mask-labels", "10-14"),
)
mask(
    "mask: the body but not the lungs",
    "mask-not-lung",
    lambda chest: (cv2.blur(chest.hu[26], (9, 9)) > -50)[None] & (chest.hu > -150),
)


@case("mask: cut file", "truncated")
def cut_mask(folder, chest):
    image = image_of(chest.labels, chest.spacing_mm, LPS_ORIGIN)
    path = write_format(folder, "mask nrrd", image, "mask")
    path.write_bytes(path.read_bytes()[:-5000])
    return Input(chest.write(folder, "mhd+raw"), path)


# ---- pixels that the network knows nothing of ----


def downsampled(name, kind, times):
    """Register a case whose pixels are averages over times x times of the Chest's."""

    @case(name, "pixel-size")
    def make(folder, chest: Chest):
        side = chest.hu.shape[-1] // times
        hu = np.stack(
            [cv2.resize(plane, (side, side), interpolation=cv2.INTER_AREA) for plane in chest.hu]
        )
        mm = chest.spacing_mm
        return Input(chest.write(folder, kind, hu, (mm[0], mm[1] * times, mm[2] * times)))


downsampled("nii.gz: pixels five times as coarse", "nii.gz", 5)
downsampled("nrrd: pixels six times as coarse", "nrrd", 6)

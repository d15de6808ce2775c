"""Odd but healthy scans: all must be scored, those with the same voxels with the same score."""

from dataclasses import replace

import cv2
import numpy as np
from formats import image_of, write_format
from scipy import ndimage

from corpus.case import Chest, Input
from data.phantom.render import render
from data.phantom.subject import draw_subject

CASES = {}  # name: (same, function of folder and Chest that returns Input)
MIDDLE = 26


def case(name: str, same: bool = False):
    """Register a function as a case; same: its lungs hold the same voxels as the Chest's."""

    def register(make):
        assert name not in CASES
        CASES[name] = (same, make)
        return make

    return register


# ---- scanners and patients ----


def rendered(name, **subject_changes):
    """Register a phantom of another subject or scanner at full matrix."""

    @case(name)
    def make(folder, chest):
        subject = draw_subject(np.random.default_rng([7, 1, 0]))
        changed_subject = replace(subject, **subject_changes)
        hu = render(changed_subject, np.random.default_rng(5)).hu
        spacing_mm = (subject.slice_mm, subject.spacing_mm, subject.spacing_mm)
        return Input(write_format(folder, "mha", image_of(hu, spacing_mm, (0, 0, 0))))


rendered("sharp kernel, noise of 110 HU", kernel="sharp", noise_sd_hu=110.0)
rendered("standard kernel, quiet", kernel="standard", noise_sd_hu=8.0)
rendered("severe emphysema", severity=0.95, hole_hu=-985.0)
rendered("shallow breath", inspiration_hu=90.0)
rendered("offset of 15 HU, blank circle", offset_hu=15.0, circle=True)


def other(name, kind, change, spacing=lambda mm: mm):
    """Register a phantom with other voxels; change: function of HU; spacing: of (z, y, x) mm."""

    @case(name)
    def make(folder, chest: Chest):
        return Input(chest.write(folder, kind, change(chest.hu), spacing(chest.spacing_mm)))


def matrix(side):
    """Return a change to a matrix of side x side."""
    return lambda hu: np.stack([cv2.resize(plane, (side, side)) for plane in hu])


def pixels(side):
    """Return the spacing that belongs to a matrix of side x side."""
    return lambda mm: (mm[0], mm[1] * 256 / side, mm[2] * 256 / side)


def slices(mm):
    """Return a change to slices `mm` apart."""
    return lambda hu: ndimage.zoom(hu, (5.64 / mm, 1, 1), order=1)


def padded(value):
    """Return a change that pads outside the scan circle."""

    def change(hu):
        y, x = np.ogrid[:256, :256]
        outside = (y - 127.5) ** 2 + (x - 127.5) ** 2 > 128**2
        return np.where(outside, value, hu)

    return change


def wide(hu):
    """Add columns of air left and right."""
    return np.pad(hu, ((0, 0), (0, 0), (106, 106)), mode="edge")


def grainy(hu):
    """Add the noise of a low dose."""
    return hu + np.random.default_rng(1).normal(0, 70, hu.shape)


def with_metal(hu):
    """Put a pacemaker of 30000 HU into the chest wall."""
    hu = hu.astype(np.int32)
    hu[35:38, 40:48, 190:200] = 30000
    return hu


other("matrix of 128", "nii.gz", matrix(128), pixels(128))
other("matrix of 768", "nrrd", matrix(768), pixels(768))
other("matrix of 1100", "mhd+raw", matrix(1100), pixels(1100))
other(
    "matrix of 888 x 1100",
    "mha",
    lambda hu: np.pad(matrix(888)(hu), ((0, 0), (0, 0), (106, 106)), mode="edge"),
    pixels(888),
)
for mm in (0.5, 1.0, 2.5, 8.0):
    other(f"slices {mm} mm apart", "mhd+raw", slices(mm), lambda was, mm=mm: (mm, *was[1:]))
for value in (-2048, -3024, 0):
    other(f"padding of {value}", "nii.gz", padded(value))
other("padding of 63536 in an int32", "mha int32", padded(63536))
other("low dose", "nii.gz", grainy)
other("metal", "mha int32", with_metal)
other("prone with the tags of supine", "nrrd", lambda hu: hu[:, ::-1, ::-1])
other("air cut at -1000", "mhd+zraw", lambda hu: hu.clip(-1000))

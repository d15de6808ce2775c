"""Odd but healthy scans: all must be scored, those with the same voxels with the same score."""

import bz2
import gzip
import shutil
from dataclasses import replace

import cv2
import numpy as np
import SimpleITK as sitk
from formats import image_of, to_jpeg2000, write_dicom, write_format
from pydicom.uid import RLELossless
from scipy import ndimage

from corpus.case import Chest, Input, changed
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


# ---- files: the same voxels ----


def file(name, kind, damage=None, hu=None):
    """Register the same voxels in a file that is written in another way."""

    @case(name, same=True)
    def make(folder, chest: Chest):
        path = chest.write(folder, kind, hu and hu(chest.hu))
        if damage:
            damage(folder, path, chest)
        return Input(path)


def big_endian(folder, path, chest):
    changed(path, (b"BinaryDataByteOrderMSB = False", b"BinaryDataByteOrderMSB = True"))
    (folder / "scan.raw").write_bytes(chest.hu.astype(">i2").tobytes())


def leading_bytes(folder, path, chest):
    changed(path, (b"ElementDataFile", b"HeaderSize = -1\nElementDataFile"))
    (folder / "scan.raw").write_bytes(b"x" * 777 + chest.hu.tobytes())


def other_tool(folder, path, chest):
    changed(
        path,
        (b"TransformMatrix = 1 0 0 0 1 0 0 0 1\n", b"Comment = x\n"),
        (b"ElementSpacing", b"ElementSize"),
        (b"Offset", b"Position"),
    )


def to_ras(folder, path, chest):
    _, y, x = (f"{value:.17g}" for value in chest.spacing_mm)
    z0, y0, x0 = chest.origin_mm
    origin, turned = (f"({sign * x0:g},{sign * y0:g},{z0:g})" for sign in (1, -1))
    changed(
        path,
        (b"left-posterior-superior", b"right-anterior-superior"),
        (f"({x},0,0) (0,{y},0)".encode(), f"(-{x},0,0) (0,-{y},0)".encode()),
        (origin.encode(), turned.encode()),
    )


def to_bzip2(folder, path, chest):
    changed(path, (b"encoding: raw", b"encoding: bzip2"))
    head, body = path.read_bytes().split(b"\n\n", 1)
    path.write_bytes(head + b"\n\n" + bz2.compress(body, 1))


def two_members(folder, path, chest):
    data = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(data[:99999], 1) + gzip.compress(data[99999:], 1) + b"\0" * 512)


file("mhd with big-endian voxels", "mhd+raw", big_endian)
file("mhd whose raw file begins with something else", "mhd+raw", leading_bytes)
file("mhd of another tool", "mhd+raw", other_tool)
file("nrrd in RAS", "nrrd", to_ras)
file("nrrd with bzip2", "nrrd", to_bzip2)
file("nii.gz of two members and padding", "nii.gz", two_members)
file("nii.gz float with fractions", "nii.gz float", hu=lambda hu: hu + 0.3)


@case("any name", same=True)
def any_name(folder, chest):
    path = chest.write(folder, "nii.gz")
    return Input(path.rename(folder / "scan of today"))


@case("tilted header", same=True)
def tilted(folder, chest):
    image = chest.image()
    turn = sitk.Euler3DTransform((0, 0, 0), 0.06, -0.04, 0.05)
    image.SetDirection(turn.GetMatrix())
    return Input(write_format(folder, "nii.gz", image))


# ---- DICOM: the same voxels ----


def series(name, change=None, same=True, more=None, options=(), **tags):
    """Register a DICOM series; more: called with the folder and the Chest."""

    @case(f"DICOM: {name}", same)
    def make(folder, chest):
        write_dicom(folder / "series", chest.image(), change, **tags)
        if more:
            more(folder / "series", chest)
        return Input(folder / "series", options=options)


def signed(index, ds):
    stored = np.frombuffer(ds.PixelData, np.uint16).astype(np.int16) - 1024
    ds.PixelData, ds.PixelRepresentation, ds.RescaleIntercept = stored.tobytes(), 1, "0"


def halved(index, ds):
    stored = (np.frombuffer(ds.PixelData, np.uint16).astype(np.int32) - 1024) * 2 + 4000
    ds.PixelData = stored.astype(np.uint16).tobytes()
    ds.RescaleSlope, ds.RescaleIntercept = "0.5", "-2000"


def rle(index, ds):
    ds.compress(RLELossless, encoding_plugin="pydicom")


def clutter(folder, chest):
    """Add a localizer, a smaller series, a picture of the dose and files that are no DICOM."""
    write_dicom(
        folder / "a", chest.image(chest.hu[:2]), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]
    )
    write_dicom(folder / "b", chest.image(chest.hu[:30] + 40))
    write_dicom(folder / "c", chest.image(chest.hu[:1]), SOPClassUID="1.2.840.10008.5.1.4.1.1.7")
    (folder / "notes.txt").write_text("DICM")
    shutil.copy(next((folder / "a").iterdir()), folder / "copy of a localizer")


series("signed pixels", signed)
series("half a HU a step", halved)
series("RLE", rle)
series("JPEG 2000", more=lambda folder, chest: to_jpeg2000(folder))
series("other series and files beside it", more=clutter)
series("a slice missing, allowed", lambda i, ds: i != MIDDLE, False, options=("--allow-uneven",))
series(
    "a slice twice, allowed",
    more=lambda folder, chest: [shutil.copy(p, f"{p}_2") for p in list(folder.iterdir())[:1]],
    options=("--allow-uneven",),
)

"""Corpus of DICOM: series that are cut, uneven, mixed, hostile or no CT at all."""

import shutil
import struct
import zipfile

import numpy as np
from formats import JPEG_2000, write_dicom, write_format
from pydicom.uid import RLELossless

from corpus.case import Input, cut, flipped
from corpus.files import case

ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
MIDDLE = 26


def series(name, slug, change=None, after=None, options=(), **tags):
    """Register a case of a DICOM series; after: called with its files in order of z."""

    @case(f"DICOM: {name}", slug)
    def make(folder, chest):
        paths = write_dicom(folder / "series", chest.image(), change, **tags)
        if after:
            after(paths)
        return Input(folder / "series", options=options)


def tag(index_is, **tags):
    """Return a change that sets tags in some slices."""

    def change(index, ds):
        if index_is(index):
            for name, value in tags.items():
                setattr(ds, name, value)

    return change


def moved(z_of):
    """Return a change that moves slices; z_of: function of index and z in mm."""

    def change(index, ds):
        x, y, z = ds.ImagePositionPatient
        ds.ImagePositionPatient = [x, y, f"{z_of(index, float(z)):.4f}"]

    return change


def all_of(index):
    """Choose every slice."""
    return True


def late(index):
    """Choose the slices of the upper half."""
    return index >= MIDDLE


def half_matrix(index, ds):
    """Store the upper slices at half the matrix."""
    if late(index):
        plane = np.frombuffer(ds.PixelData, np.uint16).reshape(ds.Rows, ds.Columns)[::2, ::2]
        ds.Rows, ds.Columns = plane.shape
        ds.PixelData = plane.tobytes()


series("one slice missing", "missing-slices", lambda index, ds: index != MIDDLE)
series("three slices missing", "missing-slices", lambda index, ds: index not in (9, 10, 30))
series("one slice twice", "duplicate-slices", after=lambda p: shutil.copy(p[9], f"{p[9]}_copy"))
series("two slices at one place", "duplicate-slices", moved(lambda i, z: z - 5.64 * (i == 9)))
series("gaps of 1 and 9 mm in turn", "uneven-spacing", moved(lambda i, z: 5 * i - 4 * (i % 2)))
series("one gap too wide", "uneven-spacing", moved(lambda i, z: z + 2.5 * (i > MIDDLE)))
series("a slice cut", "truncated", after=lambda p: cut(p[MIDDLE], 0.6))
series(
    "a slice without pixels", "truncated", lambda i, ds: i != 3 or (ds.pop("PixelData") and None)
)
series("a header cut", "unreadable", after=lambda p: cut(p[MIDDLE], 0.002))
series("two matrices", "mixed-series", half_matrix)
series("two kernels", "mixed-series", tag(late, ConvolutionKernel="B70f"), ConvolutionKernel="B30f")
series("two pixel spacings", "mixed-series", tag(late, PixelSpacing=[0.5, 0.5]))
series("two orientations", "mixed-series", tag(late, ImageOrientationPatient=[-1, 0, 0, 0, -1, 0]))
series("only localizers", "no-series", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
series("only secondary captures", "no-series", SOPClassUID=SECONDARY_CAPTURE)
series("only coronal slices", "no-series", ImageOrientationPatient=[1, 0, 0, 0, 0, -1])
series("a series that is not there", "no-series", options=("--series", "1.2.3"))
series("no rescale to HU", "not-hu", RescaleIntercept="0")
series("pixel spacing of zero", "geometry", PixelSpacing=[0, 0])
series("places that are no numbers", "unreadable", tag(all_of, ImagePositionPatient=None))
series("no pixel spacing", "unreadable", lambda i, ds: delattr(ds, "PixelSpacing"))
series("slices in colour", "not-3d", SamplesPerPixel=3, PhotometricInterpretation="RGB",
       PlanarConfiguration=0, BitsAllocated=8, BitsStored=8, HighBit=7)  # fmt: skip
series("one slice", "few-slices", lambda index, ds: index == 5)


def damaged_rle(index, ds):
    """Compress one slice and lose the table of its segments."""
    if index == MIDDLE:
        ds.compress(RLELossless, encoding_plugin="pydicom")
        first = ds.PixelData.rindex(b"\xfe\xff\x00\xe0") + 8
        ds.PixelData = ds.PixelData[:first] + b"\xff" * 64 + ds.PixelData[first + 64 :]


series("compressed pixels damaged", "corrupt", damaged_rle)


def long_stream(folder):
    """Let a JPEG 2000 stream claim an enormous image (marker SIZ)."""
    path = sorted(folder.iterdir())[MIDDLE]
    data = bytearray(path.read_bytes())
    start = data.index(b"\xff\x4f\xff\x51") + 8
    data[start : start + 8] = struct.pack(">2I", 1 << 30, 1 << 30)
    path.write_bytes(data)


@case("DICOM: JPEG 2000 that claims 10^18 pixels", "corrupt")
def hostile_jpeg(folder, chest):
    path = write_format(folder, JPEG_2000, chest.image())
    long_stream(path)
    return Input(path)


@case("DICOM: JPEG 2000 with flipped bytes", "corrupt")
def damaged_jpeg(folder, chest):
    path = write_format(folder, JPEG_2000, chest.image())
    file = sorted(path.iterdir())[MIDDLE]
    start = file.read_bytes().index(b"\xff\x4f\xff\x51")
    data = bytearray(file.read_bytes())
    data[start + 40 : start + 80] = bytes(40)
    file.write_bytes(data)
    return Input(path)


series("enhanced multi-frame CT", "no-series", SOPClassUID=ENHANCED_CT)


@case("DICOM: one file of a series", "unreadable")
def one_file(folder, chest):
    return Input(write_dicom(folder / "series", chest.image())[0])


@case("an empty folder", "no-series")
def empty_folder(folder, chest):
    (folder / "series").mkdir()
    return Input(folder / "series")


def archive(name, slug, damage):
    """Register a case of a damaged zip of DICOM."""

    @case(f"zip: {name}", slug)
    def make(folder, chest):
        path = write_format(folder, "DICOM zip", chest.image())
        damage(path)
        return Input(path)


archive("a file fails its checksum", "corrupt", flipped)
archive("cut", "unreadable", lambda path: cut(path, 0.7))


@case("zip: no DICOM inside", "no-series")
def other_zip(folder, chest):
    with zipfile.ZipFile(folder / "scan.zip", "w") as file:
        file.writestr("notes.txt", "no scan")
    return Input(folder / "scan.zip")


@case("zip: names that lead out of the folder", "no-series")
def slip(folder, chest):
    with zipfile.ZipFile(folder / "scan.zip", "w") as file:
        file.writestr("../../escaped.txt", "no scan")
    return Input(folder / "scan.zip")

"""Corpus of DICOM: series that are cut, uneven, mixed, hostile or no CT at all."""

import numpy as np
from formats import write_dicom
from pydicom.uid import RLELossless

from corpus.case import Input, cut
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


def early(index):
    """Choose one slice."""
    return index == 3


def without_scale(index, ds):
    """Leave the HU scale out of one slice."""
    if early(index):
        del ds.RescaleSlope, ds.RescaleIntercept


def moved_right(index, ds):
    """Move a third of the slices 80 mm to the side."""
    x, y, z = ds.ImagePositionPatient
    ds.ImagePositionPatient = [x + 80 * (17 <= index < 34), y, z]


def sheared(index, ds):
    """Move each slice as far to the back as it lies above the first."""
    x, y, z = ds.ImagePositionPatient
    ds.ImagePositionPatient = [x, f"{y + 5.64 * index:.4f}", z]


def half_matrix(index, ds):
    """Store the upper slices at half the matrix."""
    if late(index):
        plane = np.frombuffer(ds.PixelData, np.uint16).reshape(ds.Rows, ds.Columns)[::2, ::2]
        ds.Rows, ds.Columns = plane.shape
        ds.PixelData = plane.tobytes()


series("one slice missing", "missing-slices", lambda index, ds: index != MIDDLE)
series("three slices missing", "missing-slices", lambda index, ds: index not in (9, 10, 30))
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
series("inverted greys", "not-hu", PhotometricInterpretation="MONOCHROME1")
series("HU scale missing in one slice", "mixed-series", without_scale)
series("HU scale of slope 0 in one slice", "unreadable", tag(early, RescaleSlope="0"))
series("pixels in the upper bits", "unreadable", BitsStored=12, HighBit=15)
series("some slices moved sideways", "mixed-series", moved_right)
series("slices tilted by 45 degrees", "geometry", sheared)
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


series("enhanced CT whose frames have no place", "unreadable", SOPClassUID=ENHANCED_CT)
series("only projections", "no-series", ImageType=["DERIVED", "PRIMARY", "AXIAL", "CT_SOM5 MIP"])
series("PET in CT's class", "no-series", Modality="PT")
series("no sign of the pixels", "unreadable", lambda i, ds: delattr(ds, "PixelRepresentation"))
series("half of the HU scale", "unreadable", lambda i, ds: delattr(ds, "RescaleSlope"))
series("no series", "unreadable", lambda i, ds: delattr(ds, "SeriesInstanceUID"))
series(
    "a series per slice", "no-series", lambda i, ds: setattr(ds, "SeriesInstanceUID", f"1.2.{i}")
)
series("a map of electron density", "no-series", RescaleType="ED")
series(
    "two breath holds between each other",
    "mixed-series",
    tag(lambda i: i % 2, AcquisitionNumber=2),
    AcquisitionNumber=1,
)
series("two energies in turn", "mixed-series", tag(lambda i: i % 2, KVP="80"), KVP="140")


@case("DICOM: one slice more than once, not alike", "duplicate-slices")
def unlike(folder, chest):
    write_dicom(folder / "series", chest.image(), SeriesInstanceUID="1.2.3")
    again = chest.image(chest.hu[9:10] + 1)
    again.SetOrigin(chest.image().TransformIndexToPhysicalPoint((0, 0, 9)))
    write_dicom(folder / "series" / "again", again, SeriesInstanceUID="1.2.3")
    return Input(folder / "series")


@case("DICOM: one file of a series", "unreadable")
def one_file(folder, chest):
    return Input(write_dicom(folder / "series", chest.image())[0])


@case("an empty folder", "no-series")
def empty_folder(folder, chest):
    (folder / "series").mkdir()
    return Input(folder / "series")

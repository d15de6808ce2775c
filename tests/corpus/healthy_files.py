"""Odd but healthy files: the same voxels as other writers store them."""

import bz2
import gzip
import shutil
import struct
import tarfile
import zlib

import numpy as np
import pydicom
import SimpleITK as sitk
from enhanced_writer import enhanced, save
from formats import image_of, to_jpeg2000, write_dicom, write_format
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from corpus.case import Chest, Input, changed
from corpus.healthy import case

MIDDLE = 26

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


def notes_of_others(folder, path, chest):
    changed(
        path,
        (b"# Complete", "# Åsa's\x85scan: 120 kV\n# Complete".encode()),
        (b"kinds:", b"(0008,103e):=Thorax\\n\xc3\x85\nkinds:"),
    )


def text_of_two_lines(folder, path, chest):
    changed(
        path,
        (b"ObjectType", b"Comment = scanned\nObjectType"),
        (b"DimSize", b"0010|4000 = line one\r\nline two\nDimSize"),
    )


def umlaut(folder, path, chest):
    (folder / "scan.raw").rename(folder / "Müller 100%.raw")
    changed(path, (b"scan.raw", "Müller 100%.raw".encode()))


def extended(folder, path, chest):
    """Put an extension of 4000 bytes between header and voxels."""
    data = bytearray(gzip.decompress(path.read_bytes()))
    struct.pack_into("<f", data, 108, 352 + 4000)
    data[348] = 1
    data[352:352] = struct.pack("<2i", 4000, 6) + b"x" * 3992
    path.write_bytes(gzip.compress(bytes(data), 1))


def listed(folder, path, chest):
    """Spread the voxels over a file a slice."""
    names = []
    for number, plane in enumerate(chest.hu):
        names.append(f"slice {number}.raw")
        (folder / names[-1]).write_bytes(np.ascontiguousarray(plane).tobytes())
    (folder / "scan.raw").unlink()
    head, _, _ = path.read_bytes().rpartition(b"scan.raw")
    path.write_bytes(head + "\n".join(["LIST", *names]).encode())


def numbered(folder, path, chest):
    """Spread the voxels over a numbered, compressed file a slice."""
    for number, plane in enumerate(chest.hu):
        packed = zlib.compress(np.ascontiguousarray(plane).tobytes(), 1)
        (folder / f"s{number:03d}.zraw").write_bytes(packed)
    (folder / "scan.zraw").unlink()
    changed(path, (b"scan.zraw", f"s%03d.zraw 0 {len(chest.hu) - 1} 1".encode()))


def padded_to_a_block(folder, path, chest):
    with (folder / "scan.raw").open("ab") as file:
        file.write(bytes(4096))


def newline_at_its_end(folder, path, chest):
    with path.open("ab") as file:
        file.write(b"\n")


def in_centimetres(folder, path, chest):
    z, y, x = chest.spacing_mm
    z0, y0, x0 = chest.origin_mm
    changed(
        path,
        (b"kinds:", b'space units: "cm" "cm" "cm"\nkinds:'),
        (f"({x:.17g},0,0)".encode(), f"({x / 10:.17g},0,0)".encode()),
        (f"(0,{y:.17g},0)".encode(), f"(0,{y / 10:.17g},0)".encode()),
        (f"(0,0,{z:.17g})".encode(), f"(0,0,{z / 10:.17g})".encode()),
        (f"({x0:g},{y0:g},{z0:g})".encode(), f"({x0 / 10},{y0 / 10},{z0 / 10})".encode()),
    )


def of_four_dimensions(folder, path, chest):
    data = path.read_bytes()
    for old, new in (
        (b"NDims = 3", b"NDims = 4"),
        (b"1 0 0 0 1 0 0 0 1", b"1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"),
    ):
        data = data.replace(old, new, 1)
    for key in (b"Offset", b"CenterOfRotation", b"ElementSpacing", b"DimSize"):
        line = next(line for line in data.split(b"\n") if line.startswith(key + b" ="))
        data = data.replace(line, line.rstrip() + b" 1", 1)
    path.write_bytes(data)


def without_space(folder, path, chest):
    changed(path, (b"space: left-posterior-superior", b"space dimension: 3"))


def pair(path):
    """Split a .nii into .hdr and .img."""
    data = bytearray(path.read_bytes())
    path.unlink()
    data[344:348] = b"ni1\0"
    struct.pack_into("<f", data, 108, 0)
    path.with_suffix(".hdr").write_bytes(data[:352])
    path.with_suffix(".img").write_bytes(data[352:])
    return path.with_suffix(".hdr")


@case("hdr and img", same=True)
def nifti_pair(folder, chest):
    return Input(pair(chest.write(folder, "nii")))


@case("hdr and img.gz, given by the img.gz", same=True)
def nifti_pair_zipped(folder, chest):
    body = pair(chest.write(folder, "nii")).with_suffix(".img")
    zipped = body.with_suffix(".img.gz")
    zipped.write_bytes(gzip.compress(body.read_bytes(), 1))
    body.unlink()
    return Input(zipped)


@case("Analyze", same=True)
def analyze_pair(folder, chest):
    """Turn a NIfTI pair in Analyze's usual orientation into Analyze."""
    image = image_of(chest.hu, chest.spacing_mm, chest.origin_mm, signs=(1, -1, 1))
    path = pair(write_format(folder, "nii", image))
    data = bytearray(path.read_bytes())
    path.write_bytes(data[:252] + bytes(96))
    return Input(path)


file("nhdr whose voxels are a list of slices", "nhdr+raw", listed)
file("mhd whose voxels are a list of slices", "mhd+raw", listed)
file("mhd whose voxels are numbered files", "mhd+zraw", numbered)
file("mhd whose raw file is padded to a block", "mhd+raw", padded_to_a_block)
file("mha with a newline at its end", "mha", newline_at_its_end)
file("nrrd in centimetres", "nrrd", in_centimetres)
file("nrrd without a space", "nrrd", without_space)
file("mha of four dimensions, one volume", "mha", of_four_dimensions)
file("nrrd with notes in UTF-8", "nrrd", notes_of_others)
file("mha with a text of two lines", "mha", text_of_two_lines)
file("mhd whose voxels have an umlaut", "mhd+raw", umlaut)
file("nii.gz with an extension", "nii.gz", extended)
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


def without_place(index, ds):
    """Make a slice the page of a report."""
    del ds.ImagePositionPatient, ds.ImageOrientationPatient


def clutter(folder, chest):
    """Add a localizer, other series, pictures, a report and files that are no DICOM."""
    write_dicom(
        folder / "a", chest.image(chest.hu[:2]), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]
    )
    write_dicom(folder / "b", chest.image(chest.hu[:30] + 40))
    write_dicom(folder / "c", chest.image(chest.hu[:1]), SOPClassUID="1.2.840.10008.5.1.4.1.1.7")
    write_dicom(folder / "d", chest.image(chest.hu[:1]), without_place)
    thick = ["DERIVED", "SECONDARY", "AXIAL", "MIP"]
    write_dicom(folder / "e", chest.image(np.repeat(chest.hu, 2, axis=0)), ImageType=thick)
    derived = ["DERIVED", "SECONDARY", "AXIAL"]
    write_dicom(folder / "f", chest.image(np.repeat(chest.hu, 2, axis=0)), ImageType=derived)
    (folder / "notes.txt").write_text("DICM")
    (folder / "g").write_bytes(b"\x08\x00 begins like an old DICOM file")
    shutil.copy(next((folder / "a").iterdir()), folder / "copy of a localizer")


def half_named_kernel(index, ds):
    if index % 2:
        ds.ConvolutionKernel = "B30f"


def without_class(index, ds):
    """Leave out what de-identification strips beside the class, which the meta header keeps."""
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    del ds.SOPClassUID, ds.SOPInstanceUID, ds.ImageType, ds.PatientName, ds.PatientID


def private_block(index, ds):
    """Put more than a megabyte of a vendor's before the pixels of some slices."""
    if index < 3:
        ds.private_block(0x0029, "SOMEONE", create=True).add_new(1, "OB", bytes(2 << 20))


def step_and_shoot(index, ds):
    """Number and time every four slices anew."""
    ds.AcquisitionNumber, ds.AcquisitionTime = 1 + index // 4, f"1015{index // 4:02d}"
    ds.ContentTime, ds.InstanceNumber = f"1016{index:02d}", index + 1


def deflate(folder, chest):
    """Write every slice anew as deflated DICOM."""
    for path in folder.iterdir():
        ds = pydicom.dcmread(path)
        ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        ds.save_as(path)


series("kernel named in half of the slices", half_named_kernel)
series("signed pixels", signed)
series("half a HU a step", halved)
series("RLE", rle)
series("JPEG 2000", more=lambda folder, chest: to_jpeg2000(folder))
series("other series and files beside it", more=clutter)
series("without class and sign of CT in the data set", without_class)
series("private blocks of megabytes", private_block)
series("a number and a time for each acquired slice", step_and_shoot)
series("deflated", more=deflate)
series("a slice missing, allowed", lambda i, ds: i != MIDDLE, False, options=("--allow-uneven",))
series(
    "a slice twice",
    more=lambda folder, chest: [shutil.copy(p, f"{p}_2") for p in list(folder.iterdir())[:1]],
)


@case("DICOM: enhanced multi-frame CT", same=True)
def multi_frame(folder, chest):
    return Input(save(enhanced(chest.image()), folder / "scan.dcm"))


@case("DICOM: tar.gz", same=True)
def packed(folder, chest):
    write_dicom(folder / "series", chest.image())
    with tarfile.open(folder / "scan.tar.gz", "w:gz", compresslevel=1) as file:
        file.add(folder / "series", "study")
    return Input(folder / "scan.tar.gz")


@case("DICOM: a link to the folder of the series", same=True)
def linked(folder, chest):
    write_dicom(folder / "store", chest.image())
    (folder / "patient").mkdir()
    (folder / "patient" / "series").symlink_to(folder / "store")
    return Input(folder / "patient")

"""Corpus of packed DICOM: damaged zips and compressed pixels."""

import struct
import zipfile

from formats import JPEG_2000, write_dicom, write_format

from corpus.case import Input, cut, flipped
from corpus.files import case

MIDDLE = 26


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


def archive(name, slug, damage):
    """Register a case of a damaged zip of DICOM."""

    @case(f"zip: {name}", slug)
    def make(folder, chest):
        path = write_format(folder, "DICOM zip", chest.image())
        damage(path)
        return Input(path)


archive("a file fails its checksum", "corrupt", flipped)
archive("cut", "unreadable", lambda path: cut(path, 0.7))


def lzma_zip(folder, chest):
    """Write a zip whose packing is damaged, not its contents."""
    series = folder / "series"
    with zipfile.ZipFile(folder / "scan.zip", "w", zipfile.ZIP_LZMA) as file:
        for path in write_dicom(series, chest.image(chest.hu[:3])):
            file.write(path, path.name)
    return Input(flipped(folder / "scan.zip"))


case("zip: LZMA damaged", "corrupt")(lzma_zip)


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

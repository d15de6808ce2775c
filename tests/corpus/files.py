"""Corpus of files: cut, damaged, lying and hostile headers and bodies in every format."""

import gzip
import struct

import numpy as np

from corpus.case import Chest, Input, changed, cut, flipped

BODIES = {  # kind: the file that holds the voxels
    "mhd+raw": "scan.raw",
    "mhd+zraw": "scan.zraw",
    "mha": "scan.mha",
    "mha compressed": "scan.mha",
    "nrrd": "scan.nrrd",
    "nrrd gzip": "scan.nrrd",
    "nhdr+raw": "scan.raw",
    "nhdr+raw.gz": "scan.raw.gz",
    "nii": "scan.nii",
    "nii.gz": "scan.nii.gz",
}
COMPRESSED = ("mhd+zraw", "mha compressed", "nrrd gzip", "nhdr+raw.gz", "nii.gz")
CASES = {}  # name: (slug, function of folder and Chest that returns Input)


def case(name: str, slug: str):
    """Register a function as a case."""

    def register(make):
        assert name not in CASES
        CASES[name] = (slug, make)
        return make

    return register


def damage_body(name, slug, kind, damage):
    """Register a case whose file of voxels is damaged."""

    @case(name, slug)
    def make(folder, chest: Chest):
        path = chest.write(folder, kind)
        damage(folder / BODIES[kind])
        return Input(path)


def edit_header(name, slug, kind, *replacements):
    """Register a case of another header; its replacements are functions of the Chest."""

    @case(name, slug)
    def make(folder, chest: Chest):
        path = chest.write(folder, kind)
        changed(path, *[(old(chest), new(chest)) for old, new in replacements])
        return Input(path)


def is_text(text):
    """Return a function that gives a text's bytes whatever the chest."""
    return lambda chest: text.encode()


def sizes(*factors):
    """Return a function that gives a chest's sizes, x first, times factors."""
    return lambda chest: " ".join(
        str(int(n * f)) for n, f in zip(chest.hu.shape[::-1], factors, strict=True)
    ).encode()


for kind in BODIES:
    damage_body(f"{kind}: a third of the bytes missing", "truncated", kind, lambda p: cut(p, 0.67))
for kind in COMPRESSED:
    damage_body(f"{kind}: 64 bytes flipped", "corrupt", kind, flipped)
for kind in ("mhd+zraw", "mha compressed"):  # zlib ends with its checksum
    damage_body(f"{kind}: checksum wrong", "corrupt", kind, lambda path: tail_flipped(path, 4))
for kind in ("nrrd gzip", "nhdr+raw.gz", "nii.gz"):  # gzip ends with checksum and size
    damage_body(f"{kind}: checksum wrong", "corrupt", kind, lambda path: tail_flipped(path, 8))
damage_body("mhd+raw: no raw file", "unreadable", "mhd+raw", lambda path: path.unlink())
damage_body("nhdr+raw: no raw file", "unreadable", "nhdr+raw", lambda path: path.unlink())
damage_body("nii: empty file", "unreadable", "nii", lambda path: path.write_bytes(b""))
damage_body("nii.gz: header cut", "unreadable", "nii.gz", lambda path: cut(path, 1e-5))
damage_body("nrrd: text", "unreadable", "nrrd", lambda path: path.write_text("a scan\n" * 99))


def tail_flipped(path, size):
    """Flip the first of the last `size` bytes."""
    data = bytearray(path.read_bytes())
    data[-size] ^= 0xFF
    path.write_bytes(data)


@case("no such file", "not-found")
def no_file(folder, chest):
    return Input(folder / "scan.mhd")


@case("nii.gz: whole stream of too few voxels", "truncated")
def short_stream(folder, chest):
    path = chest.write(folder, "nii.gz")
    data = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(data[:-5000], 1))
    return Input(path)


FULL, HALF, DOUBLE = (1, 1, 1), (1, 1, 0.5), (1, 1, 2)
for kind in ("mhd+raw", "mha", "mhd+zraw"):
    edit_header(f"{kind}: DimSize too small", "size-mismatch", kind, (sizes(*FULL), sizes(*HALF)))
    edit_header(f"{kind}: DimSize too large", "truncated", kind, (sizes(*FULL), sizes(*DOUBLE)))
for kind in ("nrrd", "nhdr+raw"):
    edit_header(f"{kind}: sizes too small", "size-mismatch", kind, (sizes(*FULL), sizes(*HALF)))
    edit_header(f"{kind}: sizes too large", "truncated", kind, (sizes(*FULL), sizes(*DOUBLE)))
edit_header(
    "mha: claims 10^13 voxels",
    "too-large",
    "mha",
    (sizes(*FULL), lambda chest: b"40000 40000 8000"),
)
edit_header(
    "nrrd gzip: claims 10^9 voxels",
    "truncated",
    "nrrd gzip",
    (sizes(*FULL), lambda chest: b"1000 1000 1000"),
)
for kind, key in (("mhd+raw", "BinaryDataByteOrderMSB = "), ("mha", "BinaryDataByteOrderMSB = ")):
    edit_header(
        f"{kind}: byte order wrong",
        "byte-order",
        kind,
        (is_text(key + "False"), is_text(key + "True")),
    )
edit_header(
    "nrrd: byte order wrong",
    "byte-order",
    "nrrd",
    (is_text("endian: little"), is_text("endian: big")),
)
edit_header(
    "mha int32: byte order wrong",
    "byte-order",
    "mha int32",
    (is_text("BinaryDataByteOrderMSB = False"), is_text("BinaryDataByteOrderMSB = True")),
)
for kind, old, new in (
    ("mhd+raw", "MET_SHORT", "MET_USHORT"),
    ("mhd+zraw", "MET_SHORT", "MET_USHORT"),
    ("nrrd", "type: short", "type: ushort"),
):
    edit_header(
        f"{kind}: signed voxels called unsigned", "voxel-type", kind, (is_text(old), is_text(new))
    )
edit_header(
    "mha int32: called float", "not-finite", "mha int32", (is_text("MET_INT"), is_text("MET_FLOAT"))
)
edit_header(
    "mhd+raw: bytes called shorts",
    "size-mismatch",
    "mhd+raw",
    (is_text("MET_SHORT"), is_text("MET_CHAR")),
)
edit_header("mha: no DimSize", "unreadable", "mha", (is_text("DimSize"), is_text("DimSighs")))
edit_header(
    "nrrd: unknown encoding",
    "unreadable",
    "nrrd",
    (is_text("encoding: raw"), is_text("encoding: txt")),
)
edit_header("mha: four dimensions", "not-3d", "mha", (is_text("NDims = 3"), is_text("NDims = 4")))
edit_header(
    "nrrd: two dimensions", "not-3d", "nrrd", (is_text("dimension: 3"), is_text("dimension: 2"))
)


def nifti(name, slug, offset, fmt, *values):
    """Register a case of a .nii with other bytes in its header."""

    @case(name, slug)
    def make(folder, chest):
        path = chest.write(folder, "nii")
        data = bytearray(path.read_bytes())
        struct.pack_into(fmt, data, offset, *values)
        path.write_bytes(data)
        return Input(path)


nifti("nii: signed voxels called unsigned", "voxel-type", 70, "<h", 512)
nifti("nii: colour", "not-3d", 70, "<h", 128)
nifti("nii: fewer slices than voxels", "size-mismatch", 46, "<h", 8)
nifti("nii: more slices than voxels", "truncated", 46, "<h", 999)
nifti("nii: negative size", "unreadable", 46, "<h", -8)
nifti("nii: four dimensions", "not-3d", 40, "<5h", 4, 8, 8, 8, 8)
nifti("nii: sform of zeros", "geometry", 280, "<12f", *np.zeros(12))
nifti("nii: sform of NaN", "geometry", 280, "<12f", *np.full(12, np.nan))
nifti("nii: intercept that is no number", "unreadable", 112, "<2f", 1, np.nan)
nifti("nii: voxels begin after its end", "truncated", 108, "<f", 1e9)
nifti("nii: voxels begin where no file reaches", "truncated", 108, "<f", 1e30)


@case("nii: no qform, sform or size of voxels", "geometry")
def nothing_of_geometry(folder, chest):
    path = chest.write(folder, "nii")
    data = bytearray(path.read_bytes())
    struct.pack_into("<8f", data, 76, *np.zeros(8))
    struct.pack_into("<2h", data, 252, 0, 0)
    path.write_bytes(data)
    return Input(path)

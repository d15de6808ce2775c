"""Writes a scan as a pair of .hdr and .img, as NIfTI and Analyze have it."""

import gzip
import struct

import nibabel
import numpy as np
from formats import ORIGIN_MM, SHAPE, SPACING_MM, lps_voxels

Z, Y, X = SPACING_MM
AFFINE = np.diag([-X, -Y, Z, 1.0])
AFFINE[:3, 3] = -ORIGIN_MM[2], -ORIGIN_MM[1], ORIGIN_MM[0]


def zipped(path):
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 1))
    path.unlink()


def write_pair(folder, kind=nibabel.Nifti1Pair, gz=()):
    image = kind(lps_voxels().transpose(2, 1, 0), AFFINE)
    if hasattr(image, "set_sform"):
        image.set_sform(AFFINE, 1)
    nibabel.save(image, folder / "s.img")
    (folder / "s.mat").unlink(missing_ok=True)
    for ending in gz:
        zipped(folder / f"s{ending}")
    return folder


def analyze(folder, *values):
    """Write an Analyze pair in the format's usual orientation; values as struct packs them."""
    data = bytearray(348)
    struct.pack_into("<i", data, 0, 348)
    struct.pack_into("<8h", data, 40, 3, *SHAPE[::-1], 1, 1, 1, 1)
    struct.pack_into("<hh", data, 70, 4, 16)
    struct.pack_into("<8f", data, 76, 0, X, Y, Z, 0, 0, 0, 0)
    for kind, at, value in values:
        struct.pack_into(kind, data, at, value)
    (folder / "s.hdr").write_bytes(data)
    (folder / "s.img").write_bytes(lps_voxels()[:, ::-1].tobytes())
    return folder / "s.hdr"

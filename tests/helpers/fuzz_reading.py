"""Fuzz: mutated scans of every format; run by test_fuzz in a process of its own.

Each mutated scan must be read or refused; nothing else may happen: no other exception, no crash,
no hang, no file opened outside the scan's folder, no memory on a header's word.
"""

import json
import re
import shutil
import struct
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import numpy as np
import pydicom
import text_headers
from enhanced_writer import enhanced, save
from formats import FORMATS, image_of, write_format
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from pair_writer import analyze, write_pair
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from pylayers.errors import ScanRefused
from pylayers.reading.padding import HU_MAX, HU_MIN
from pylayers.reading.scan import read_labels, read_scan

SEVERAL_FILES = {  # of several files; the first is mutated
    "nhdr of a list": lambda folder: text_headers.nrrd(
        folder / "s.nhdr", data="LIST", tail="\n".join(text_headers.slices(folder)).encode()
    ),
    "mhd of a list": lambda folder: text_headers.meta(
        folder / "s.mhd", data="LIST", tail="\n".join(text_headers.slices(folder)).encode()
    ),
    "mhd of a pattern": lambda folder: text_headers.meta(
        folder / "s.mhd", data=f"{text_headers.slices(folder)[0][:1]}%03d.raw 1 5 1"
    ),
    "NIfTI pair": lambda folder: write_pair(folder) / "s.hdr",
    "Analyze pair": analyze,
}
SLOW_S = 5.0
SECRET = "secret.raw"  # lies beside the folder; no header may lead there
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
TOKENS = [
    *(
        b"-1",
        b"0",
        b"1",
        b"3",
        b"4",
        b"1e30",
        b"99999999999",
        b"1000 1000 1000",
        b"nan",
        b"inf",
        b"",
    ),
    *(b"%03d 1 99999999 1", b"LIST 3", b"cm", b'"m"', b"?", b"nan nan nan"),
    *(b"LOCAL", b"LIST", b"True", b"None", b"none", b"%d", b"\n", b"\0", b"=", b":", b"gzip"),
    *(b"../" + SECRET.encode(), b"/etc/passwd", b"/dev/zero", b"MET_DOUBLE", b"double", b"a" * 300),
]
VALUES = [0, 1, -1, 3, 127, 255, 256, 32767, -32768, 65535, 1 << 20, (1 << 31) - 1, -(1 << 31)]
PLACES = st.one_of(st.integers(0, 80), st.integers(0, 700), st.integers(0, 1 << 20))
MUTATIONS = st.one_of(
    st.tuples(st.just("flip"), PLACES, st.integers(1, 255)),
    st.tuples(st.just("delete"), PLACES, st.integers(1, 64)),
    st.tuples(st.just("cut"), PLACES),
    st.tuples(
        st.just("insert"), PLACES, st.one_of(st.sampled_from(TOKENS), st.binary(max_size=16))
    ),
    st.tuples(st.just("copy"), PLACES, PLACES, st.integers(1, 64)),
    st.tuples(st.just("number"), st.integers(0, 40), st.sampled_from(TOKENS)),
    st.tuples(
        st.just("pack"), PLACES, st.sampled_from(["<h", "<i", "<f", ">i"]), st.sampled_from(VALUES)
    ),
)


def mutated(data: bytes, mutations) -> bytes:
    """Return bytes with mutations applied one after another."""
    for kind, place, *more in mutations:
        place = place % max(1, len(data))
        if kind == "flip":
            data = (
                data[:place] + bytes([data[place] ^ more[0]]) + data[place + 1 :] if data else data
            )
        elif kind == "delete":
            data = data[:place] + data[place + more[0] :]
        elif kind == "cut":
            data = data[:place]
        elif kind == "insert":
            data = data[:place] + more[0] + data[place:]
        elif kind == "copy":
            start = more[0] % max(1, len(data))
            data = data[:place] + data[start : start + more[1]] + data[place:]
        elif kind == "number":
            found = list(NUMBER.finditer(data, 0, 1000))
            if found:
                one = found[place % len(found)]
                data = data[: one.start()] + more[0] + data[one.end() :]
        else:
            kind_of, value = more
            fits = -(1 << 15) <= value < 1 << 15 or kind_of != "<h"
            packed = struct.pack(kind_of, value if fits else -1)
            data = data[:place] + packed + data[place + len(packed) :]
    return data


def write_enhanced(folder: Path, kind: str, image) -> Path:
    """Write a multi-frame file, plain or in RLE."""
    ds = enhanced(image)
    if "RLE" in kind:
        ds.compress(RLELossless, encoding_plugin="pydicom")
    return save(ds, folder / "scan.dcm")


def write_deflated(folder: Path, kind: str, image) -> Path:
    """Write a folder of deflated slices."""
    path = write_format(folder, "DICOM folder", image)
    for file in path.iterdir():
        ds = pydicom.dcmread(file)
        ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        ds.save_as(file)
    return path


def write_tar(folder: Path, kind: str, image) -> Path:
    """Write a tar of slices, plain or packed."""
    series = write_format(folder, "DICOM folder", image)
    path = folder / "scan.tar"
    with tarfile.open(path, "w:gz" if "gz" in kind else "w", format=tarfile.PAX_FORMAT) as file:
        file.add(series, "é" * 120)
    shutil.rmtree(series)
    return path


MORE = {
    "enhanced": write_enhanced,
    "enhanced RLE": write_enhanced,
    "deflated": write_deflated,
    "tar": write_tar,
    "tar.gz": write_tar,
}


def main(examples: int, seed_: int) -> dict:
    """Fuzz every format; return counts and the worst time and memory."""
    voxels = np.random.default_rng(0).integers(-1000, 300, (6, 7, 8)).astype(np.int16)
    tally = {"read": 0, "refused": {}, "slowest_s": 0.0}
    with tempfile.TemporaryDirectory() as top:
        (Path(top) / SECRET).write_bytes(voxels.tobytes())
        watch(Path(top) / SECRET)
        folder = Path(top) / "scan"
        for kind in (*FORMATS, *MORE):
            folder.mkdir()
            image = image_of(voxels, (2.5, 0.75, 0.625), (-310.5, 20.25, -90.125))
            write = MORE.get(kind, write_format)
            path = write(folder, kind, image)
            files = sorted(path.iterdir()) if path.is_dir() else [path]
            fuzz(path, files, examples, seed_, tally)
            shutil.rmtree(folder)
        for write in SEVERAL_FILES.values():
            folder.mkdir()
            path = write(folder)
            fuzz(path, [path], examples, seed_, tally)
            shutil.rmtree(folder)
    status = Path("/proc/self/status").read_text()
    tally["max_rss_mb"] = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024
    return tally


def fuzz(path: Path, files: list[Path], examples: int, seed_: int, tally: dict) -> None:
    """Read one scan again and again with a mutated first file."""
    target = files[0]
    whole = target.read_bytes()

    @seed(seed_)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(MUTATIONS, min_size=1, max_size=5), st.booleans())
    def read(mutations, as_mask):
        target.write_bytes(mutated(whole, mutations))
        started = time.process_time()  # a busy machine takes as much of it as an idle one
        try:
            scan = read_scan(path)
            assert scan.hu.dtype == np.int16 and scan.hu.ndim == 3
            assert scan.hu.min() >= HU_MIN and scan.hu.max() <= HU_MAX
            tally["read"] += 1
            if as_mask and path.is_file():
                read_labels(path, like=scan)
        except ScanRefused as refusal:
            assert "\n" not in refusal.sentence and len(refusal.sentence) < 500, refusal
            tally["refused"][refusal.slug] = tally["refused"].get(refusal.slug, 0) + 1
        seconds = time.process_time() - started
        tally["slowest_s"] = max(tally["slowest_s"], seconds)
        assert seconds < SLOW_S

    read()


def watch(secret: Path) -> None:
    """End the process when anything opens the file that no header may lead to."""

    def hook(event, arguments):
        if event == "open" and str(arguments[0]) in (str(secret), "/etc/passwd", "/dev/zero"):
            raise AssertionError(f"opened {arguments[0]}")

    sys.addaudithook(hook)


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))

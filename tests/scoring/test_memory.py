"""What a large chest CT takes to be scored: so many bytes a voxel, and what the programs need."""

import json
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import SimpleITK as sitk
from conftest import ROOT
from formats import LPS, image_of, write_format

from pylayers.lungs.label_map import lungs_of_labels
from pylayers.reading.scan import Scan, read_labels, read_scan

PROGRAM_BYTES = 5e8  # Python, its libraries, Caffe and the net
VOXEL_BYTES = 4.3  # of HU 2, and again where the file's order is another; else of the mask 1
# a process of its own, so that no other test counts; VmHWM, since rusage counts the parent, too
CODE = """
import re, sys
from tools import score_scan
code = score_scan.main(sys.argv[1:])
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
sys.exit(code)
"""


@pytest.mark.caffe
@pytest.mark.slow
def test_a_scan_of_512_x_512_x_800_is_scored_in_four_bytes_a_voxel(chest, random_run, tmp_path):
    hu = chest.hu.repeat(4, axis=1).repeat(4, axis=2).repeat(20, axis=0)
    assert hu.shape == (800, 512, 512)
    spacing_mm = tuple(mm / n for mm, n in zip(chest.spacing_mm, (20, 4, 4), strict=True))
    # stored along the body, the order that costs most
    image = image_of(hu, spacing_mm, (0, 0, 0), (1, 2, 0), (1, -1, 1))
    scan = write_format(tmp_path, "mha", image)
    result = subprocess.run(
        [sys.executable, "-c", CODE, scan, "--weights", random_run.path, "--json", "score.json"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert len(json.loads((tmp_path / "score.json").read_text())["targets"]) == 1
    assert 1000 * int(result.stdout.split()[-1]) < PROGRAM_BYTES + VOXEL_BYTES * hu.size
    scan.unlink()


STORED = [
    ("nii", np.int16, ((0, 1, 2), (-1, 1, -1)), 2.1),
    ("mha", np.float32, LPS, 2.1),
    ("mha", np.int16, ((1, 2, 0), (1, -1, 1)), 4.1),
]


def traced(function):
    """Return what a function returns, and the most bytes that were taken meanwhile."""
    tracemalloc.start()
    try:
        return function(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("suffix", "dtype", "stored", "most"), STORED)
def test_reading_takes_little_more_than_the_hu(suffix, dtype, stored, most, chest, tmp_path):
    hu = chest.hu.repeat(8, axis=0).repeat(2, axis=1).repeat(2, axis=2)
    path = tmp_path / f"scan.{suffix}"
    sitk.WriteImage(image_of(hu.astype(dtype), (1, 1.3, 1.3), (0, 0, 0), *stored), str(path))
    scan, taken = traced(lambda: read_scan(path))
    assert scan.hu.shape == hu.shape
    assert taken < 4e7 + most * hu.size, taken / hu.size


@pytest.mark.parametrize(
    ("dtype", "labels", "most"),
    [(np.uint8, None, 2.1), (np.uint16, (1, 2, 3), 3.1), (np.float64, None, 5.1)],
)
def test_a_mask_takes_little_more_than_its_labels(dtype, labels, most, chest, tmp_path):
    given = chest.lungs.repeat(8, axis=0).repeat(2, axis=1).repeat(2, axis=2).astype(dtype)
    like = Scan(np.broadcast_to(np.int16(0), given.shape), (1.0, 1.3, 1.3), (0.0, 0.0, 0.0))
    image = image_of(given, like.spacing_mm, like.origin_mm)
    path = tmp_path / "mask.nrrd"
    sitk.WriteImage(image, str(path))
    lungs, taken = traced(lambda: lungs_of_labels(read_labels(path, like), labels))
    assert np.array_equal(lungs, given > 0)
    assert taken < 4e7 + most * given.size, taken / given.size

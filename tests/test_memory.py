"""What the largest chest CT takes to be scored."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from formats import image_of, write_format

ROOT = Path(__file__).resolve().parent.parent
MOST_GB = 1.5
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
def test_a_scan_of_512_x_512_x_800_is_scored_in_less_than_one_and_a_half_gigabytes(
    chest, random_run, tmp_path
):
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
    assert int(result.stdout.split()[-1]) < MOST_GB * 1e6
    scan.unlink()

"""A scan is read once and its lungs are found once, whatever is asked for; so are weights."""

from collections import Counter

import numpy as np
import pytest
from chest import write_scan

from pylayers.lungs import air_map, scan_lungs
from pylayers.lungs.crop import Box
from pylayers.lungs.crop_lungs import crop_lungs
from pylayers.lungs.lung_mask import lung_mask
from pylayers.lungs.scan_request import ScanRequest
from tools import look_at_lungs, score_scan
from tools.scan_report import maps
from tools.scoring import scorer
from tools.training import trained_run

COUNTED = (
    *((scan_lungs, name) for name in ("read_scan", "map_air", "find_lungs", "check_lungs")),
    (air_map, "block_means"),
    (scorer, "sample_slices"),
    (trained_run, "sha256"),
)


@pytest.fixture
def counted(monkeypatch):
    """Counts the calls of what should be called once."""
    counts = Counter()

    def counting(name, function):
        def count(*args, **options):
            counts[name] += 1
            return function(*args, **options)

        return count

    for module, name in COUNTED:
        monkeypatch.setattr(module, name, counting(name, getattr(module, name)))
    return counts


@pytest.fixture
def scan(chest, tmp_path):
    write_scan(tmp_path / "chest.nrrd", chest.hu, chest.spacing_mm)
    return tmp_path / "chest.nrrd"


@pytest.mark.caffe
def test_number_figure_and_page_take_one_reading(counted, scan, random_run, tmp_path, monkeypatch):
    monkeypatch.setattr(maps, "STEPS", 1)
    names = ("--json", "s.json", "--figure", "f.png", "--report", "r.html")
    outputs = [str(tmp_path / name) if "." in name else name for name in names]
    command = [str(scan), "--weights", str(random_run.path), "--quiet", *outputs]
    assert score_scan.main(command) == 0
    assert all((tmp_path / name).exists() for name in names[1::2])
    assert counted == {name: 1 for _, name in COUNTED}


def test_a_sheet_of_lungs_takes_one_reading(counted, scan, tmp_path):
    look_at_lungs.main([str(scan.parent), "--out", str(tmp_path / "sheet.png"), "--quiet"])
    once = ("read_scan", "map_air", "find_lungs", "check_lungs", "block_means")
    assert counted == dict.fromkeys(once, 1)


def test_the_crop_keeps_its_lungs(scan, chest):
    crop = crop_lungs(ScanRequest(scan))
    lungs = lung_mask(chest.hu, chest.spacing_mm)
    assert crop.box == Box.around(lungs)
    np.testing.assert_array_equal(crop.lungs, crop.box.of(lungs))
    assert crop.lung_bits.nbytes <= crop.hu.size / 8 + crop.hu[..., 0].size

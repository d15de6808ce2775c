"""Scoring from Python: the numbers of score_scan, arrays as strict as files, docs that run."""

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from chest import write_scan
from conftest import ROOT

from pylayers.errors import ScanRefused, UsageError, WeightsError
from pylayers.files.whole_file import write_json
from pylayers.reading.scan import read_scan
from pylayers.reading.scan_array import scan_of_array
from tools import score_scan
from tools.scoring.scan_scorer import load_scorer

pytestmark = pytest.mark.caffe

ORIGIN_MM = (-310.5, 12.0, -30.0)


@pytest.fixture(scope="module")
def folder(chest, random_run, tmp_path_factory):
    """Runs of two targets, a scan, and a folder of a good scan and one that is refused."""
    folder = tmp_path_factory.mktemp("python")
    for target in ("fev1pp", "fev1fvc"):
        shutil.copytree(random_run.path, folder / "runs" / target)
        best = folder / "runs" / target / "best.json"
        write_json(best, json.loads(best.read_text()) | {"target": target})
    (folder / "scans").mkdir()
    write_scan(folder / "scan.mhd", chest.hu, chest.spacing_mm, origin_mm=ORIGIN_MM)
    write_scan(folder / "scans" / "chest.nrrd", chest.hu, chest.spacing_mm, origin_mm=ORIGIN_MM)
    write_scan(folder / "scans" / "half.nrrd", chest.hu[:20], chest.spacing_mm)
    return folder


@pytest.fixture(scope="module")
def scorer(folder):
    return load_scorer(folder / "runs" / "fev1pp")


@pytest.fixture(scope="module")
def result(folder):
    """The JSON of score_scan."""
    out = folder / "score.json"
    runs = [str(folder / "runs" / target) for target in ("fev1pp", "fev1fvc")]
    command = [str(folder / "scan.mhd"), "--weights", *runs, "--json", str(out), "--quiet"]
    assert score_scan.main(command) == 0
    return json.loads(out.read_text())


def test_a_path_scores_what_score_scan_scores_to_the_last_bit(scorer, folder, result):
    score = scorer.score(folder / "scan.mhd")
    target = result["targets"]["fev1pp"]
    assert score.value == target["score"] == score.targets["fev1pp"].value
    assert score.contributions.tolist() == [s["contribution"] for s in target["slices"]]
    assert score.targets["fev1pp"].slices.tolist() == [s["index"] for s in target["slices"]]
    assert score.targets["fev1pp"].unit == "%"
    assert list(score.warnings) == result["warnings"]
    assert score.crop.lungs.shape == score.crop.hu.shape
    assert round(score.crop.laa950, 3) == result["lungs"]["laa950_percent"]


@pytest.mark.parametrize("dtype", [np.int16, np.int64, np.float32, np.float64, ">i2", "f2"])
def test_an_array_is_the_scan_that_its_file_is(dtype, folder, chest):
    hu = chest.hu.astype(dtype)
    before = hu.copy()
    scan = scan_of_array(hu[:, ::-1][:, ::-1], list(chest.spacing_mm))
    from_file = read_scan(folder / "scan.mhd")
    np.testing.assert_array_equal(hu, before)
    assert not np.shares_memory(scan.hu, hu)
    if dtype != "f2":  # which rounds HU above 2048
        np.testing.assert_array_equal(scan.hu, from_file.hu)
    assert (scan.spacing_mm, scan.warnings) == (from_file.spacing_mm, from_file.warnings)


def test_an_array_scores_what_its_file_scores(scorer, chest, result):
    score = scorer.score_array(chest.hu, chest.spacing_mm)
    target = result["targets"]["fev1pp"]
    assert score.contributions.tolist() == [s["contribution"] for s in target["slices"]]
    assert list(score.warnings) == result["warnings"]


def test_several_targets_are_scored_at_once(folder, result):
    score = load_scorer(*(folder / "runs" / name for name in ("fev1pp", "fev1fvc"))).score(
        folder / "scan.mhd"
    )
    assert {name: target.value for name, target in score.targets.items()} == {
        name: target["score"] for name, target in result["targets"].items()
    }
    assert list(score.warnings) == result["warnings"]
    with pytest.raises(ValueError, match="scores for fev1pp, fev1fvc"):
        _ = score.value


def test_the_lungs_are_those_of_a_given_mask(scorer, folder, chest):
    lungs = (chest.lungs * 30).astype(np.uint8)
    write_scan(folder / "mask.nrrd", lungs, chest.spacing_mm, origin_mm=ORIGIN_MM)
    score = scorer.score(folder / "scan.mhd", mask=folder / "mask.nrrd", mask_labels=(30,))
    box = score.crop.box
    assert score.crop.mask_given
    np.testing.assert_array_equal(score.crop.lungs, box.of(chest.lungs))


def test_several_offsets_weigh_the_slices(folder):
    score = load_scorer(folder / "runs" / "fev1pp", offsets=3).score(folder / "scan.mhd")
    target = score.targets["fev1pp"]
    assert len(target.weights) == len(target.slices) > 16
    assert score.value == target.contributions.mean() and np.ptp(target.weights) > 0


def test_a_refusal_is_an_exception_with_slug_and_sentence(scorer, folder, chest):
    for refused in (
        lambda: scorer.score(folder / "scans" / "half.nrrd"),
        lambda: scorer.score_array(chest.hu[:20], chest.spacing_mm),
    ):
        with pytest.raises(ScanRefused) as caught:
            refused()
        assert caught.value.slug == "lungs-cut"
        assert caught.value.sentence.startswith("the lungs are cut at the top")
    with pytest.raises(ScanRefused) as caught:
        scorer.score(folder / "none.mhd")
    assert caught.value.slug == "not-found"


def with_nan(hu):
    hu = hu.astype(np.float32)
    hu[3, 4, 5] = np.nan
    return hu


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        (lambda hu: hu[0], "not-3d"),
        (lambda hu: hu[None], "not-3d"),
        (lambda hu: None, "not-3d"),
        (lambda hu: [[[1, 2], [3]]], "not-3d"),
        (lambda hu: hu > -500, "voxel-type"),
        (lambda hu: hu.astype(complex), "voxel-type"),
        (lambda hu: hu.astype(str), "voxel-type"),
        (lambda hu: hu.astype(object), "voxel-type"),
        (lambda hu: hu[:0], "unreadable"),
        (lambda hu: np.broadcast_to(np.int16(0), (2048, 2048, 2048)), "too-large"),
        (with_nan, "not-finite"),
        (lambda hu: hu.byteswap(), "byte-order"),
        (lambda hu: hu.astype(np.uint16), "voxel-type"),
        (lambda hu: hu + 1024, "not-hu"),
        (lambda hu: (hu / 4096).astype(np.float32), "not-hu"),
        (lambda hu: np.zeros_like(hu), "not-hu"),
        (lambda hu: ((hu.clip(-1000, 400) + 1000) // 8).astype(np.uint8), "windowed"),
        (lambda hu: np.where(hu > -500, 2, 1).astype(np.uint8).repeat(4, axis=0), "label-map"),
    ],
)
def test_arrays_are_refused_as_files_are(change, slug, scorer, chest):
    with pytest.raises(ScanRefused) as caught:
        scorer.score_array(change(chest.hu), chest.spacing_mm)
    assert caught.value.slug == slug


@pytest.mark.parametrize(
    "spacing_mm",
    [
        *((1, 1), (1, 1, 1, 1), 1.0, None, "abc", ["a", "b", "c"], [[1, 1, 1]]),
        *((0, 1, 1), (1, -1, 1), (1, 1, float("nan")), (1, 1, float("inf")), (1, 1, 500)),
    ],
)
def test_spacings_that_no_scanner_makes_are_refused(spacing_mm, scorer, chest):
    with pytest.raises(ScanRefused) as caught:
        scorer.score_array(chest.hu, spacing_mm)
    assert caught.value.slug == "geometry"


def test_unusable_runs_are_named(folder):
    with pytest.raises(WeightsError, match=r"there is no .*best\.json"):
        load_scorer(folder / "none")
    with pytest.raises(UsageError, match="two runs of one target, fev1pp"):
        load_scorer(*[folder / "runs" / "fev1pp"] * 2)
    with pytest.raises(UsageError, match="at least one run"):
        load_scorer()


# ---- docs/python.md ----


def code_blocks() -> list[str]:
    text = (ROOT / "docs" / "python.md").read_text()
    return re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)


def test_the_documented_lines_run_in_another_folder(folder, result):
    blocks = code_blocks()
    assert len(blocks) == 3 and len(blocks[0].split("\n\n")[1].splitlines()) == 2
    checked = "import json\nprint(json.dumps([score.value, score.contributions.tolist()]))\n"
    code = "".join([blocks[0], checked, blocks[1], checked, blocks[2]])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    target = result["targets"]["fev1fvc"]
    expected = [target["score"], [s["contribution"] for s in target["slices"]]]
    numbers = [json.loads(line) for line in lines if line.startswith("[") and line[1].isdigit()]
    assert numbers == [expected, expected]
    assert lines[-1].startswith("half.nrrd lungs-cut the lungs are cut")
    assert lines[-3:-1] == [
        f"chest.nrrd fev1fvc {target['score']} ",
        f"chest.nrrd fev1pp {result['targets']['fev1pp']['score']} %",
    ]

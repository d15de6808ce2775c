"""What weights were trained on: recorded by training, and held against every scan they score."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from chest import write_scan

from pylayers.cohort.cohort import CohortScan
from pylayers.cohort.grid import Grid
from pylayers.errors import ScanRefused, UsageError, WeightsError
from pylayers.files.whole_file import write_json
from pylayers.lungs.crop import Box, LungCrop
from tools import grand_challenge, score_cohort, score_scan
from tools.scan_report import maps
from tools.training.run_folder import RunFolder
from tools.training.trained_on import Span, TrainedOn, read_trained_on, suited, trained_on

USUAL = TrainedOn(128, Span(0.6, 0.65, 0.8), Span(1.0, 2.5, 5.0), {"soft": 100, "sharp": 28})


def crop_of(pixel_mm, slice_mm=2.5, side=300):
    """A crop of so many mm of lung along each side."""
    y, x = pixel_mm if isinstance(pixel_mm, tuple) else (pixel_mm, pixel_mm)
    hu = np.full((4, round(side / y), round(side / x)), -850, np.int16)
    return LungCrop(hu, (slice_mm, y, x), 0.0, Box(0, 4, 0, 9, 0, 9), 4.0, 3.0, -900.0, False)


# ---- what is recorded ----


def test_the_record_is_of_the_pixels_that_the_network_saw():
    scans = [
        CohortScan(n, n, "train", {}, {"kernel": k}) for n, k in zip("abcd", "xyx", strict=False)
    ]
    grids = [
        Grid(4, (50, 300, 400), (2.5, 0.7, 0.7)),
        Grid(4, (60, 512, 512), (1.0, 0.55, 0.55)),
        Grid(4, (60, 700, 1024), (5.0, 0.3, 0.3)),  # scaled down to half the pixels
    ]
    seen = trained_on([*scans, CohortScan("d", "d", "train", {}, {})], grids)
    assert seen == TrainedOn(4, Span(0.55, 0.6, 0.7), Span(1.0, 2.5, 5.0), {"x": 2, "y": 1})
    best = {"trained_on": json.loads(json.dumps(seen.to_json()))}
    assert read_trained_on(Path("run/best.json"), best) == seen


@pytest.mark.parametrize(
    "damage",
    [
        {"pixel_mm": {"min": 0.8, "median": 0.7, "max": 0.6}},
        {"pixel_mm": {"min": 0, "median": 0.7, "max": 0.6}},
        {"slice_mm": {"min": 1, "median": 2}},
        {"slice_mm": {"min": 1, "median": "x", "max": float("inf")}},
        {"kernels": 3},
        {"scans": None},
    ],
)
def test_a_damaged_record_is_said(damage, tmp_path):
    with pytest.raises(WeightsError, match=r"best\.json is damaged: trained_on makes no sense"):
        read_trained_on(tmp_path / "best.json", {"trained_on": USUAL.to_json() | damage})
    with pytest.raises(WeightsError, match="trained_on makes no sense"):
        read_trained_on(tmp_path / "best.json", {"trained_on": [1]})


# ---- what is said of a scan ----


@pytest.mark.parametrize("pixel_mm", [0.6, 0.7, 0.8, 0.5951, 0.805])
def test_a_scan_like_the_trained_is_scored_without_a_word(pixel_mm):
    crop = crop_of(pixel_mm)
    scored, notes = suited(crop, USUAL, resample=False)
    assert scored is crop and notes == []


@pytest.mark.parametrize(
    ("pixel_mm", "seen"),
    [
        (0.5, "pixels of 0.586 mm, the scan's 0.5 mm scaled down"),
        (0.9, "pixels of 0.9 mm"),
        (1.5, "pixels of 1.5 mm"),
        ((0.7, 1.4), "pixels of 0.7 x 1.4 mm"),
    ],
)
def test_pixels_outside_the_range_are_said_with_both_numbers(pixel_mm, seen):
    trained = USUAL._replace(pixel_mm=Span(0.62, 0.65, 0.8))
    crop = crop_of(pixel_mm)
    scored, (note,) = suited(crop, trained, resample=False)
    assert scored is crop
    assert note.startswith(seen)
    assert "the network was trained on 0.62 to 0.8 mm" in note
    assert "--resample brings them to 0.65 mm" in note


@pytest.mark.parametrize("pixel_mm", [1.63, 3.0, 4.2, 0.25, (0.7, 2.0)])
def test_pixels_far_outside_are_refused_with_both_numbers(pixel_mm):
    with pytest.raises(ScanRefused) as caught:
        suited(crop_of(pixel_mm, side=100), USUAL, resample=False)
    assert caught.value.slug == "pixel-size"
    assert "trained on 0.6 to 0.8 mm" in caught.value.sentence
    assert caught.value.sentence.startswith("pixels of ")


@pytest.mark.parametrize("span", [Span(0.2, 0.2, 0.21), Span(2.4, 2.5, 2.6)])
@pytest.mark.parametrize("pixel_mm", [0.45, 0.7, 0.977, 1.0])
def test_what_clinical_chest_ct_has_is_never_refused(pixel_mm, span):
    _, notes = suited(crop_of(pixel_mm, side=200), USUAL._replace(pixel_mm=span), resample=False)
    assert len(notes) == 1


@pytest.mark.parametrize("slice_mm", [0.5, 8.0, 40.0])
def test_another_slice_spacing_is_a_warning_at_most(slice_mm):
    _, (note,) = suited(crop_of(0.7, slice_mm), USUAL, resample=False)
    assert note.startswith(f"slices {slice_mm:g} mm apart; the network was trained on 1 to 5 mm")


def test_weights_without_a_record_say_so():
    crop = crop_of(3.0)
    scored, (note,) = suited(crop, None, resample=False)
    assert scored is crop
    assert "do not record which pixel sizes" in note and "3 mm" in note


# ---- --resample ----


@pytest.mark.parametrize("pixel_mm", [0.6, 0.9, 1.5, 3.0, 0.25])
def test_resampling_brings_pixels_to_the_median_and_says_so(pixel_mm):
    crop = crop_of(pixel_mm, side=100)
    scored, (note,) = suited(crop, USUAL, resample=True)
    assert scored.spacing_mm == pytest.approx((2.5, 0.65, 0.65), rel=0.01)
    lost = "; the detail that they lack does not come back" if pixel_mm > 0.8 else ""
    brought = f"pixels brought from {pixel_mm:g} mm to the training's median of 0.65 mm"
    assert note == f"{brought} (--resample){lost}"


def test_resampling_as_far_as_the_lungs_fit():
    scored, notes = suited(crop_of(1.4, side=450), USUAL, resample=True)
    assert max(scored.hu.shape) == 512
    assert notes[0].startswith("pixels brought from 1.4 mm to 0.8") and "do not fit" in notes[0]
    assert notes[1].startswith("pixels of 0.8") and "--resample" not in notes[1]


# ---- the tools ----


@pytest.fixture(scope="module")
def scan(chest, tmp_path_factory):
    """A chest of 2.6 mm pixels, 7 mm slices."""
    return write_scan(tmp_path_factory.mktemp("scan") / "chest.nrrd", chest.hu)


@pytest.fixture
def run_like(random_run, tmp_path):
    """Makes a copy of the random run that was trained on other pixels, or that does not say."""

    def make(pixel_mm, name="fev1pp", **other):
        run = RunFolder(tmp_path / "runs" / name)
        shutil.copytree(random_run.path, run.path)
        best = json.loads(run.best_json.read_text()) | {"target": name, **other}
        if pixel_mm is None:
            del best["trained_on"]
        else:
            best["trained_on"]["pixel_mm"] = dict(
                zip(("min", "median", "max"), pixel_mm, strict=True)
            )
        write_json(run.best_json, best)
        return run

    return make


def scored(scan, tmp_path, *runs, options=(), code=0):
    """The JSON of a scan scored by main()."""
    path = tmp_path / "score.json"
    weights = [str(run.path) for run in runs]
    command = [str(scan), "--json", str(path), "--quiet", *options, "--weights", *weights]
    assert score_scan.main(command) == code
    return json.loads(path.read_text())


@pytest.mark.caffe
def test_the_score_does_not_depend_on_what_is_recorded(scan, random_run, run_like, tmp_path):
    plain = scored(scan, tmp_path, random_run)
    warned = scored(scan, tmp_path, run_like((1.4, 1.5, 1.6)))
    assert warned["targets"] == plain["targets"]
    new = [text for text in warned["warnings"] if text not in plain["warnings"]]
    assert len(new) == 1 and new[0].startswith(
        "pixels of 2.6 mm; the network was trained on 1.4 to 1.6 mm"
    )


@pytest.mark.caffe
def test_weights_of_before_score_with_a_warning(scan, random_run, run_like, tmp_path):
    result = scored(scan, tmp_path, run_like(None))
    assert result["targets"] == scored(scan, tmp_path, random_run)["targets"]
    assert any("do not record which pixel sizes" in text for text in result["warnings"])


@pytest.mark.caffe
def test_a_scan_far_outside_is_refused(scan, run_like, tmp_path, capsys):
    result = scored(scan, tmp_path, run_like((0.5, 0.7, 0.9)), code=3)
    assert (result["refused"]["slug"], result["targets"]) == ("pixel-size", {})
    assert capsys.readouterr().err == f"refused: pixel-size: {result['refused']['sentence']}\n"


@pytest.mark.caffe
def test_a_target_that_refuses_is_left_out_with_a_warning(scan, run_like, tmp_path, monkeypatch):
    both = (run_like((0.5, 0.7, 0.9), "ve"), run_like((1.4, 1.5, 1.6)))
    monkeypatch.setattr(maps, "STEPS", 1)
    page = tmp_path / "page.html"
    result = scored(scan, tmp_path, *both, options=("--report", str(page)))
    assert list(result["targets"]) == ["fev1pp"] and result["refused"] is None
    (said,) = [text for text in result["warnings"] if "not scored" in text]
    assert said.startswith("ve: not scored: pixel-size: pixels of 2.6 mm; the network was trained")
    assert page.read_text().count('class="score"') == 1
    assert page.read_text().count('<figure class="slice') == 16
    assert "pixels of 0.5 to 0.9 mm" in page.read_text()
    refused = scored(scan, tmp_path, both[0], run_like((0.6, 0.7, 0.8), "fev1fvc"), code=3)
    assert refused["refused"]["slug"] == "pixel-size"


@pytest.mark.caffe
def test_a_sentence_of_all_weights_is_said_once(scan, run_like, tmp_path):
    runs = [run_like((1.4, 1.5, 1.6), name) for name in ("ve", "fev1pp")]
    result = scored(scan, tmp_path, *runs)
    assert sum(text.startswith("pixels of 2.6 mm; ") for text in result["warnings"]) == 1


@pytest.mark.caffe
def test_resampling_changes_the_pixels_and_nothing_else(scan, run_like, tmp_path, monkeypatch):
    run = run_like((1.4, 1.5, 1.6))
    plain = scored(scan, tmp_path, run)
    page = tmp_path / "page.html"
    monkeypatch.setattr(maps, "STEPS", 1)
    result = scored(scan, tmp_path, run, options=("--resample", "--report", str(page)))
    assert page.read_text().count('<figure class="slice') == 16
    assert any(
        "pixels brought from 2.6 mm to the training's median of 1.5 mm" in text
        for text in result["warnings"]
    )
    before, after = (r["targets"]["fev1pp"] for r in (plain, result))
    assert after["score"] != before["score"]
    assert [s["index"] for s in after["slices"]] == [s["index"] for s in before["slices"]]
    assert result["lungs"] == plain["lungs"]
    same = run_like((2.0, 2.6, 3.0), "ve")
    result = scored(scan, tmp_path, same, options=("--resample",))
    assert not any("brought" in text for text in result["warnings"])
    assert result["targets"]["ve"]["score"] * 20 == pytest.approx(before["score"])


@pytest.mark.caffe
def test_resampling_needs_a_recorded_size(scan, run_like, tmp_path):
    run = run_like(None)
    says = r"--resample goes to the pixel size of the training, which .*best.json does not record"
    (tmp_path / "list").write_text(f"{scan}\n")
    many = ("--out", str(tmp_path / "s.csv"))
    for tool, scans, more in ((score_scan, scan, ()), (score_cohort, tmp_path / "list", many)):
        with pytest.raises(UsageError, match=says):
            tool.main([str(scans), *more, "--resample", "--weights", str(run.path)])
    assert not (tmp_path / "s.csv").exists()


@pytest.mark.caffe
def test_score_cohort_says_the_same_and_keeps_resampled_tables_apart(scan, run_like, tmp_path):
    runs = [run_like((1.4, 1.5, 1.6)), run_like((0.5, 0.7, 0.9), "ve")]
    out = tmp_path / "scores.csv"
    (tmp_path / "list").write_text(f"{scan}\n")
    weights = ["--weights", *(str(run.path) for run in runs)]
    command = [str(tmp_path / "list"), "--out", str(out), "--workers", "1", "--quiet", *weights]
    assert score_cohort.main([*command, "--resample"]) == 0
    with out.open(newline="") as file:
        (row,) = csv.DictReader(file)
    expected = scored(scan, tmp_path, *runs, options=("--resample",))
    assert row["fev1pp"] == repr(expected["targets"]["fev1pp"]["score"])
    assert (row["ve"], row["refused"]) == (repr(expected["targets"]["ve"]["score"]), "")
    assert row["warnings"] == "; ".join(expected["warnings"])
    assert "pixels brought from 2.6 mm to the training's median of 1.5 mm" in row["warnings"]
    assert "ve: pixels brought from 2.6 mm to the training's median of 0.7 mm" in row["warnings"]
    with pytest.raises(UsageError, match="complete and made with other --resample"):
        score_cohort.main([*command, "--continue"])


@pytest.mark.caffe
def test_a_grand_challenge_job_says_it_too(scan, run_like, chest, tmp_path):
    (tmp_path / "input/images/ct").mkdir(parents=True)
    (tmp_path / "output").mkdir()
    write_scan(tmp_path / "input/images/ct/9f3a.mha", chest.hu)
    runs = [run_like((1.4, 1.5, 1.6)), run_like((0.5, 0.7, 0.9), "ve")]
    job = ["--input", str(tmp_path / "input"), "--output", str(tmp_path / "output")]
    assert grand_challenge.main([*job, "--weights", *(str(run.path) for run in runs)]) == 0
    said = json.loads((tmp_path / "output/scan2num.json").read_text())["warnings"]
    assert any("pixels of 2.6 mm; the network was trained on 1.4" in text for text in said)
    assert not (tmp_path / "output/visual-emphysema-score.json").exists()
    assert grand_challenge.main([*job, "--weights", str(runs[1].path)]) == 3

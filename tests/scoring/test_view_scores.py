"""Scores of coronal and sagittal networks: where slices lie, store and scan alike, refusals."""

import csv
import json
import shutil

import numpy as np
import pytest
import SimpleITK as sitk
from chest import make_chest, write_scan
from conftest import drawn_run

from pylayers.cohort.store import read_crop, read_facts, write_crop
from pylayers.errors import CohortError, ScanRefused, UsageError
from pylayers.lungs.crop_lungs import crop_lungs
from pylayers.lungs.scan_request import ScanRequest
from pylayers.lungs.views import VIEWS, kept_planes
from tools import (
    caffe_test,
    evaluate,
    make_report,
    prepare_cohort,
    score_cohort,
    score_scan,
)
from tools.scoring.scan_scorer import load_scorer
from tools.training.run_folder import RunFolder
from tools.training.trained_on import Span, suited
from tools.training.trained_run import load_trained

pytestmark = pytest.mark.caffe

SLICE_MM, PIXEL_MM, ORIGIN_MM = 2.0, 2.6, (-310.5, 12.0, -30.0)
NAMES = [*VIEWS]


def write_chest(path, slice_mm, seed=1):
    """A chest of slices of 7 mm, each as often as it takes."""
    hu = make_chest(seed=seed).hu
    slices = np.arange(0, len(hu), slice_mm / 7.0).astype(int)
    return write_scan(path, hu[slices], (slice_mm, PIXEL_MM, PIXEL_MM), ORIGIN_MM)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three thin scans, a cohort of them, and a run of each view, whose weights are drawn."""
    folder = tmp_path_factory.mktemp("views")
    rows = ["scan_id,path,fev1fvc,split"]
    for seed, split in enumerate(("train", "val", "test")):
        write_chest(folder / f"{split}.nrrd", SLICE_MM, seed)
        rows.append(f"{split},{split}.nrrd,0.{seed + 5},{split}")
    (folder / "scans.csv").write_text("\n".join(rows) + "\n")
    command = [str(folder / "scans.csv"), "--out", str(folder / "cohort"), "--workers", "1"]
    prepare_cohort.main([*command, "--quiet", "--views", ",".join(VIEWS)])
    for name in VIEWS:
        drawn_run(folder / "runs" / f"fev1fvc-{name}", folder / "cohort")
    return folder


def run_of(folder, view):
    return folder / "runs" / f"fev1fvc-{view}"


def scored(folder, view, tmp_path, *more, scan=None):
    """The exit code, and the JSON."""
    path = tmp_path / "score.json"
    scan = scan or folder / "test.nrrd"
    how = ["--weights", str(run_of(folder, view)), "--json", str(path), "--quiet"]
    code = score_scan.main([str(scan), *how, *map(str, more)])
    return code, json.loads(path.read_text())


@pytest.mark.parametrize("view", NAMES)
def test_slices_are_listed_along_the_views_axis(view, folder, tmp_path):
    code, result = scored(folder, view, tmp_path)
    assert code == 0
    target, crop = result["targets"]["fev1fvc"], crop_lungs(ScanRequest(folder / "test.nrrd"))
    assert target["view"] == view and len(target["slices"]) == 16
    axis, letter = VIEWS[view].axis, VIEWS[view].letter
    kept = kept_planes(crop.hu.shape[axis])
    middle = [kept[int((i + 0.5) * len(kept) / 16)] for i in range(16)]
    first = (crop.box.y0, crop.box.x0)[axis - 1]
    for one, plane in zip(target["slices"], middle, strict=True):
        assert list(one) == ["index", f"{letter}_mm", "contribution"]
        assert one["index"] == first + plane
        assert one[f"{letter}_mm"] == round(ORIGIN_MM[axis] + PIXEL_MM * one["index"], 2)
    assert target["score"] == np.mean([one["contribution"] for one in target["slices"]])


@pytest.mark.parametrize("view", NAMES)
def test_the_store_and_the_scan_have_the_same_score_to_the_bit(view, folder, tmp_path):
    run = run_of(folder, view)
    evaluate.main(["fev1fvc", "--run", str(run), "--gpu", "none", "--quiet"])
    target = scored(folder, view, tmp_path)[1]["targets"]["fev1fvc"]
    with (run / "predictions_test.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert (row["scan_id"], row["prediction"]) == ("test", repr(target["score"]))
    with (run / "contributions_test.csv").open() as file:
        listed = [row["contribution"] for row in csv.DictReader(file)]
    assert listed == [repr(one["contribution"]) for one in target["slices"]]


def test_the_views_differ(folder, tmp_path):
    scores = {v: scored(folder, v, tmp_path)[1]["targets"]["fev1fvc"]["score"] for v in VIEWS}
    assert scores["coronal"] != scores["sagittal"]


def test_several_offsets_list_every_plane_once(folder, tmp_path):
    target = scored(folder, "sagittal", tmp_path, "--offsets", 4)[1]["targets"]["fev1fvc"]
    indices = [one["index"] for one in target["slices"]]
    assert len(set(indices)) == len(indices) > 40
    assert list(target["slices"][0]) == ["index", "x_mm", "contribution", "weight"]


def test_a_score_is_the_same_from_python(folder, tmp_path):
    target = scored(folder, "coronal", tmp_path)[1]["targets"]["fev1fvc"]
    numbers = load_scorer(run_of(folder, "coronal")).score(folder / "test.nrrd").targets["fev1fvc"]
    assert numbers.value == target["score"]
    assert numbers.slices.tolist() == [one["index"] for one in target["slices"]]


def test_the_same_scan_in_another_orientation_has_the_same_json(folder, tmp_path):
    image = sitk.ReadImage(str(folder / "test.nrrd"))
    sitk.WriteImage(sitk.DICOMOrient(image, "RAI"), str(tmp_path / "other.nii.gz"))
    one, other = (
        scored(folder, "coronal", tmp_path, scan=scan)[1]["targets"]
        for scan in (None, tmp_path / "other.nii.gz")
    )
    assert json.dumps(one) == json.dumps(other)


def test_a_cohort_is_scored_and_its_thick_scan_refused(folder, tmp_path):
    write_chest(tmp_path / "thick.nrrd", 7.0)
    (tmp_path / "list.txt").write_text(f"{folder}/test.nrrd\n{tmp_path}/thick.nrrd\n")
    out = tmp_path / "scores.csv"
    how = ["--weights", str(run_of(folder, "sagittal")), "--workers", "1", "--contributions"]
    assert score_cohort.main([str(tmp_path / "list.txt"), "--out", str(out), *how, "--quiet"]) == 0
    with out.open() as file:
        whole, thick = csv.DictReader(file)
    target = scored(folder, "sagittal", tmp_path)[1]["targets"]["fev1fvc"]
    assert whole["fev1fvc"] == repr(target["score"])
    assert thick["refused"] == "thick-slices" and not thick["fev1fvc"]
    lines = (tmp_path / "scores_contributions_fev1fvc.csv").read_text().splitlines()
    assert lines[0] == "scan_id,index,x_mm,contribution" and len(lines) == 17
    assert json.loads((tmp_path / "scores_made_with.json").read_text())["views"] == {
        "fev1fvc": "sagittal"
    }


def test_a_thick_scan_is_refused_and_a_doubtful_one_noted(folder, tmp_path):
    write_chest(tmp_path / "thick.nrrd", 7.0)
    code, result = scored(folder, "coronal", tmp_path, scan=tmp_path / "thick.nrrd")
    assert code == 3 and result["refused"]["slug"] == "thick-slices" and not result["targets"]
    write_chest(tmp_path / "doubtful.nrrd", 4.0)
    code, result = scored(folder, "coronal", tmp_path, scan=tmp_path / "doubtful.nrrd")
    assert code == 0
    assert any("slices 4 mm apart are coarse rows" in text for text in result["warnings"])


def test_beyond_twice_the_slices_of_the_training_a_scan_is_refused(folder, tmp_path):
    trained = load_trained(RunFolder(run_of(folder, "coronal"))).trained_on
    trained = trained._replace(slice_mm=Span(0.6, 0.8, 0.9))
    crop = crop_lungs(ScanRequest(folder / "test.nrrd"))
    suited(crop, trained, resample=False)  # axial slices are as ever
    with pytest.raises(ScanRefused, match=r"^thick-slices: slices 2 mm apart; the network of cor"):
        suited(crop, trained, False, VIEWS["coronal"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--resample"], "--resample is for axial slices; .* scores coronal ones"),
        (["--report", "page.html"], "is the variant coronal; --report takes the paper's network"),
    ],
)
def test_what_a_view_cannot_do_is_said(options, message, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=message):
        score_scan.main([str(folder / "test.nrrd"), "--weights", str(run_of(folder, "coronal")),
                         *options])  # fmt: skip


def test_the_slices_are_drawn(folder, tmp_path):
    picture = tmp_path / "a.png"
    assert scored(folder, "coronal", tmp_path, "--figure", picture)[0] == 0
    assert picture.stat().st_size > 20_000


def test_a_report_of_axial_slices_is_not_drawn_of_others(folder):
    run = run_of(folder, "coronal")
    evaluate.main(["fev1fvc", "--run", str(run), "--gpu", "none", "--quiet"])
    with pytest.raises(UsageError, match="scores coronal slices, and the report draws axial ones"):
        make_report.main(["--run", str(run), "--quiet"])


def test_caffe_test_needs_the_stored_planes(folder, tmp_path):
    """Its layer reads them, while our own predictions cut them from the crop."""
    shutil.copytree(folder / "cohort", tmp_path / "cohort")
    store = tmp_path / "cohort" / "scans" / "test.h5"
    write_crop(store, read_crop(store), read_facts(store)["source_key"])
    run = drawn_run(tmp_path / "fev1fvc-sagittal", tmp_path / "cohort")
    with pytest.raises(CohortError, match="1 of 1 stored crops have no sagittal planes: run tools"):
        caffe_test.main(["fev1fvc", "--run", str(run.path), "--gpu", "none"])
    caffe_test.main(["fev1fvc", "--run", str(run_of(folder, "sagittal")), "--gpu", "none"])

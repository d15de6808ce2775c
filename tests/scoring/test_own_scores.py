"""A run of an own target scores alone: what was declared travels with it."""

import csv
import json
import shutil

import pydicom
import pytest
from dicom_study import errors_of, write_study

from pylayers.errors import UsageError, WeightsError
from tools import evaluate, export_onnx, grand_challenge, make_report, score_cohort, score_scan
from tools.training import run_places
from tools.training.run_folder import RunFolder
from tools.training.run_places import placed_runs, trained_runs
from tools.training.trained_run import load_trained

pytestmark = pytest.mark.caffe


@pytest.fixture
def run(own_run, tmp_path):
    """A copy of the run whose cohort is not there."""
    shutil.copytree(own_run.path, tmp_path / "age")
    net = tmp_path / "age" / "train_test.prototxt"
    net.write_text(net.read_text().replace(str(own_run.path.parent.parent), "/nowhere"))
    return RunFolder(tmp_path / "age")


@pytest.fixture
def scan(tiny_cohort):
    return tiny_cohort.parent / "c03.mhd"


def result_of(scan, weights, tmp_path, *more):
    options = ["--weights", weights, "--json", tmp_path / "s.json", "--quiet", *more]
    assert score_scan.main([str(word) for word in (scan, *options)]) == 0
    return json.loads((tmp_path / "s.json").read_text())["targets"]["age"]["score"]


def test_a_scan_has_the_number_in_the_unit_that_was_declared(run, scan, tmp_path, capsys):
    score = result_of(scan, run.path, tmp_path)
    assert capsys.readouterr().out == f"age\t{score:.0f} years\n"
    target = load_trained(run).target
    assert (target.title, target.network_unit, target.thresholds) == ("Age", 60.0, (50.0, 65.0))


def test_a_table_of_scans_has_a_column_of_it(run, scan, tmp_path):
    (tmp_path / "list.txt").write_text(f"{scan}\n")
    options = [tmp_path / "list.txt", "--weights", run.path, "--out", tmp_path / "s.csv"]
    assert score_cohort.main([*map(str, options), "--contributions", "--quiet"]) == 0
    (row,) = csv.DictReader((tmp_path / "s.csv").read_text().splitlines())
    assert float(row["age"]) == result_of(scan, run.path, tmp_path)
    assert (tmp_path / "s_contributions_age.csv").exists()


def test_the_twin_alone_scores_the_same(run, scan, tmp_path):
    export_onnx.main(["age", "--run", str(run.path), "--out", str(tmp_path / "gift")])
    card = json.loads((tmp_path / "gift" / "meta.json").read_text())
    assert card["summary"]["outputs"][0]["description"] == "18 to 100 years"
    shutil.move(tmp_path / "gift" / "model.onnx", tmp_path / "mine.onnx")
    ours = result_of(scan, run.path, tmp_path)
    assert result_of(scan, tmp_path / "mine.onnx", tmp_path) == pytest.approx(ours, rel=1e-5)


def test_the_page_of_a_scan_shows_its_classes(run, scan, tmp_path):
    result_of(scan, run.path, tmp_path, "--report", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "below 50" in page and "65 or more" in page and "18 to 100 years" in page
    assert "raises the number" in page


def test_a_dicom_report_names_it_by_a_code_of_ours(run, chest, tmp_path):
    (tmp_path / "study").mkdir()
    scan = write_study(tmp_path / "study", chest, "series")
    report, page = tmp_path / "r.dcm", tmp_path / "p.dcm"
    score = result_of(scan, run.path, tmp_path, "--dicom-sr", report, "--dicom-pdf", page)
    text = str(pydicom.dcmread(report))
    assert "AGE-CT" in text and "Age, from CT (research use)" in text and "99SCAN2NUM" in text
    assert repr(score) in text.replace('"', "'") and page.stat().st_size > 10_000
    if shutil.which("dciodvfy"):
        assert errors_of(report) == errors_of(page) == []


def test_a_challenge_case_has_a_file_of_it_that_the_next_case_removes(run, chest, tmp_path):
    from chest import write_scan

    put = tmp_path / "in/images/ct"
    put.mkdir(parents=True)
    (tmp_path / "out").mkdir()
    write_scan(put / "a.mha", chest.hu, chest.spacing_mm)
    folders = ["--input", tmp_path / "in", "--output", tmp_path / "out"]
    options = [str(word) for word in (*folders, "--weights", run.path)]
    assert grand_challenge.main(options) == 0
    everything = json.loads((tmp_path / "out/scan2num.json").read_text())
    number = json.loads((tmp_path / "out/own-age.json").read_text())
    assert number == everything["targets"]["age"]["score"]
    (put / "a.mha").write_bytes(b"no scan at all")
    assert grand_challenge.main(options) == 3
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["scan2num.json"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"declared": None}, "unknown target 'age'"),
        ({"declared": ["age"]}, "unknown target 'age'"),
        ({"target": "size"}, "unknown target 'size'"),
        ({"target": ["age"]}, "unknown target"),
        ({"declared": {"name": "age", "min": 18, "max": "100"}}, "declaration of 'age' is damaged"),
        ({"declared": {"name": "age", "min": "18", "max": "nan"}}, "max 'nan' is not a number"),
        ({"target": "../x", "declared": {"name": "../x", "min": "1", "max": "2"}}, "must be a-z"),
    ],
)
def test_a_declaration_that_is_damaged_is_refused_in_a_line(change, says, run, scan):
    best = json.loads(run.best_json.read_text())
    run.best_json.write_text(json.dumps(best | change))
    with pytest.raises(WeightsError) as caught:
        score_scan.main([str(scan), "--weights", str(run.path)])
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_runs_of_own_targets_are_found_where_they_belong(
    own_run, own_cohort, tmp_path, monkeypatch
):
    monkeypatch.setattr(run_places, "RUNS", tmp_path / "runs")
    place = tmp_path / "runs" / own_cohort.name / "age"
    shutil.copytree(own_run.path, place)
    best = json.loads((place / "best.json").read_text())
    (place / "best.json").write_text(json.dumps(best | {"cohort": str(own_cohort)}))
    shutil.copytree(place, place.with_name("other"))  # under a name that is not its target's
    assert [run.path for run in trained_runs(own_cohort, None)] == [place]
    assert [run.path for run in placed_runs()] == [place]


@pytest.mark.parametrize("name", ["size", "../age", "Age", ""])
def test_a_name_that_nobody_declares_stops_with_the_list(name, own_run, own_cohort):
    with pytest.raises(UsageError, match="is not known; it is one of ve, fev1fvc, fev1pp, age"):
        evaluate.main([name, "--cohort", str(own_cohort), "--quiet"])
    with pytest.raises(UsageError):
        evaluate.main([name, "--run", str(own_run.path), "--quiet"])


@pytest.mark.slow
def test_it_is_evaluated_and_reported_with_its_classes(own_run, tmp_path, capsys):
    shutil.copytree(own_run.path, tmp_path / "age")
    evaluate.main(["age", "--run", str(tmp_path / "age"), "--gpu", "none"])
    assert "age on 3 scans" in capsys.readouterr().out
    make_report.main(["--run", str(tmp_path / "age"), "--quiet"])
    report = tmp_path / "age" / "report"
    assert "at least 4" in (report / "classes_age.md").read_text()  # but not a crash
    thresholds = list(csv.DictReader((report / "thresholds_age.csv").read_text().splitlines()))
    assert [row["threshold"] for row in thresholds] == ["50 years", "65 years"]
    assert "Classes: Age" in (report / "index.html").read_text()

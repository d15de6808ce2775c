"""Scoring with patient data: by options, table and cohort alike, and what is refused."""

import csv
import json

import numpy as np
import pytest
from conftest import drawn_run

from pylayers.cohort.cohort import read_cohort
from pylayers.command_line.exit_codes import TrainingStopped
from pylayers.errors import ScanRefused, UsageError, WeightsError
from pylayers.files.whole_file import write_json
from tools import caffe_test, score_cohort, score_scan
from tools.scoring.predictions import predict_split
from tools.scoring.scan_scorer import load_scorer
from tools.scoring.scorer import Scorer
from tools.training.trained_run import load_trained

pytestmark = pytest.mark.caffe


@pytest.fixture(scope="module")
def run(tiny_cohort, tmp_path_factory):
    """A run of fev1pp with patient data whose weights were drawn. Do not write into it."""
    return drawn_run(tmp_path_factory.mktemp("patient_runs") / "fev1pp", tiny_cohort, "patient")


@pytest.fixture(scope="module")
def predicted(run):
    """The test split's predictions, by evaluate's code."""
    return predict_split(load_trained(run), "test", quiet=True)


@pytest.fixture(scope="module")
def scorer(run):
    return load_scorer(run.path)


def options(row):
    """What score_scan is told of a row of the cohort's table; the weights do not use the weight."""
    names = {"age": "age", "sex": "sex", "height_cm": "height", "pack_years": "pack-years",
             "smoking": "smoking"}  # fmt: skip
    return [word for column, option in names.items() if row[column]
            for word in (f"--{option}", row[column])]  # fmt: skip


def scored(scan, run, tmp_path, *more):
    path = tmp_path / "score.json"
    code = score_scan.main([str(scan), "--weights", str(run.path), "--json", str(path), *more])
    return code, json.loads(path.read_text())


def test_score_scan_gives_the_number_of_evaluate(run, predicted, tiny_cohort, tmp_path):
    for prediction in predicted:
        scan = tiny_cohort.parent / f"{prediction.scan.scan_id}.mhd"
        code, result = scored(scan, run, tmp_path, *options(prediction.scan.row))
        assert code == 0
        assert result["targets"]["fev1pp"]["score"] == prediction.score


def test_score_cohort_takes_the_columns_of_its_table(run, predicted, tiny_cohort, tmp_path):
    columns = ("scan_id", "path", "Age", "Sex", "Height (cm)", "pack-years", "SMOKING")
    lines = [";".join(columns)]
    for p in predicted:
        row, scan = p.scan.row, tiny_cohort.parent / f"{p.scan.scan_id}.mhd"
        age = row["age"].replace(".", ",") + ",0"
        cells = (
            age,
            row["sex"].lower(),
            row["height_cm"],
            row["pack_years"] or "NA",
            row["smoking"],
        )
        lines.append(";".join((p.scan.scan_id, str(scan), *cells)))
    lines.append(lines[1].replace(lines[1].split(";")[0], "wrong", 1).replace(";", ";1", 2))
    lines[-1] = ";".join(["wrong", str(scan), "60", "1", "170", "", ""])
    lines.append(";".join(["none", str(scan), "", "", "", "", ""]))
    (tmp_path / "t.csv").write_text("\n".join(lines))
    args = [str(tmp_path / "t.csv"), "--weights", str(run.path), "--out", str(tmp_path / "s.csv")]
    assert score_cohort.main([*args, "--quiet", "--workers", "1"]) == 0
    with (tmp_path / "s.csv").open(newline="") as file:
        rows = {row["scan_id"]: row for row in csv.DictReader(file)}
    for p in predicted:
        assert float(rows[p.scan.scan_id]["fev1pp"]) == p.score
    assert {rows[name]["refused"] for name in ("wrong", "none")} == {"patient-data"}
    assert rows["wrong"]["sentence"].startswith("sex '1' is not F or M")
    assert rows["none"]["sentence"].startswith("the weights need age, sex, height_cm,")
    # another patient makes another table
    (tmp_path / "t.csv").write_text(
        "\n".join(lines).replace("wrong;", "wrong2;").replace(";60;", ";61;")
    )
    with pytest.raises(UsageError, match="other list of scans"):
        score_cohort.main([*args, "--quiet", "--continue"])


def test_the_score_is_the_mean_of_the_slices_and_linear_in_the_patient(run, tiny_cohort):
    """Each number moves the score by the same amount a unit, whatever the scan and the rest."""
    trained = load_trained(run)
    scorer = Scorer(trained)
    rng = np.random.default_rng(1)
    hu = [rng.integers(-1000, -700, (20, 60, 60)).astype(np.int16) for _ in range(2)]
    cells = read_cohort(tiny_cohort).scans[1].row
    patient = {"age": float(cells["age"]), "sex": "F", "height_cm": 170.0}

    def score(scan, **changed):
        beside = {"patient": trained.patient.inputs(patient | changed)}
        scores = scorer.score(hu[scan], beside=beside)
        assert scores.contributions.mean() == scores.score
        return scores.score

    for scan in (0, 1):
        steps = [score(scan, age=age) - score(scan, age=age - 2) for age in (54.0, 58.0, 62.0)]
        steps.append(score(scan, age=60.0, sex="M") - score(scan, age=58.0, sex="M"))
        assert np.ptp(steps) < 1e-4 < abs(steps[0])
        assert steps[0] == pytest.approx(score(0, age=54.0) - score(0, age=52.0), abs=1e-4)


def test_the_whole_net_gives_what_the_slices_give(run, predicted):
    """Data layer, mean over slices and patient in train_test.prototxt; deploy's mean of slices."""
    from tools.caffe_run.caffe_install import import_caffe

    caffe = import_caffe()
    net = caffe.Net(str(run.net), caffe.TEST, weights=str(run.best_weights), stages=["test-split"])
    scores = []
    while len(scores) < len(predicted):
        net.forward()
        scores += list(net.blobs["fc7"].data[:, 0] * 100)
    np.testing.assert_allclose(scores, [p.score for p in predicted], rtol=1e-5)
    assert net.blobs["joined"].data.shape[1] == 1024 + 13


def test_what_is_missing_or_unlike_the_training_is_noted(scorer, tiny_cohort):
    scan = tiny_cohort.parent / "c00.mhd"
    notes = scorer.score(scan, patient={"age": 17, "sex": "F", "weight_kg": None}).warnings
    assert "not known of the patient: height_cm, pack_years, smoking; the score may be off" in notes
    (odd,) = [note for note in notes if note.startswith("age 17; the network was trained on 5")]
    assert odd.endswith(" years: the score may be off")
    assert not any("weight_kg" in note for note in notes)  # which the weights do not use
    notes = scorer.score(scan, patient={"age": 55, "weight_kg": 70}).warnings
    assert "the weights do not use weight_kg, of which their training knew too little" in notes


@pytest.mark.parametrize(
    "patient, sentence",
    [
        ({}, "the weights need age, sex, height_cm, pack_years, smoking, and none is known"),
        ({"weight_kg": "70"}, "the weights need age, sex"),
        ({"age": "x"}, "age 'x' is not a number"),
        ({"smoking": "never", "pack_years": 20.0}, "pack_years 20 contradicts smoking never"),
    ],
)
def test_a_patient_is_refused_by_slug(patient, sentence, scorer, tiny_cohort):
    with pytest.raises(ScanRefused, match=sentence) as refused:
        scorer.score(tiny_cohort.parent / "c00.mhd", patient=patient)
    assert refused.value.slug == "patient-data"


def test_a_column_that_nobody_knows_is_a_usage_error(scorer, tiny_cohort):
    with pytest.raises(UsageError, match="patient has 'height'; its columns are age, sex"):
        scorer.score(tiny_cohort.parent / "none.mhd", patient={"height": 170})  # before any work


def test_a_patient_for_weights_that_use_none_is_a_usage_error(random_run, tmp_path):
    with pytest.raises(UsageError, match="patient is given, and none of the weights use"):
        load_scorer(random_run.path).score(tmp_path / "none.mhd", patient={"age": 60})


def test_without_options_the_scan_is_refused(run, tiny_cohort, tmp_path, capsys):
    code, result = scored(tiny_cohort.parent / "c00.mhd", run, tmp_path)
    assert code == 3 and result["refused"]["slug"] == "patient-data" and not result["targets"]
    assert capsys.readouterr().err.startswith("refused: patient-data: the weights need age, sex")


@pytest.mark.parametrize(
    "more, sentence",
    [
        (["--age", "sixty"], "patient data: age 'sixty' is not a number"),
        (["--sex", "1"], "patient data: sex '1' is not F or M; numbers mean"),
        (["--height", " "], "--height is blank; leave it out"),
        (["--age", "60", "--report", "r.html"], "is the variant patient; --report takes"),
    ],
)
def test_a_wrong_option_is_a_usage_error_before_any_work(more, sentence, run, tmp_path):
    with pytest.raises(UsageError, match=sentence):
        score_scan.main([str(tmp_path / "none.mhd"), "--weights", str(run.path), *more])


def test_weights_without_patient_data_do_not_take_any(random_run, tmp_path):
    with pytest.raises(UsageError, match="--age, --sex: the weights use no patient data"):
        score_scan.main(
            [
                str(tmp_path / "x.mhd"),
                "--weights",
                str(random_run.path),
                "--age",
                "60",
                "--sex",
                "F",
            ]
        )


def test_plain_and_patient_weights_together_score_what_they_can(run, tiny_cohort, tmp_path):
    plain = drawn_run(tmp_path / "runs" / "ve", tiny_cohort)
    both = load_scorer(plain.path, run.path)
    scored = both.score(tiny_cohort.parent / "c00.mhd")
    assert list(scored.targets) == ["ve"]
    assert any(note.startswith("fev1pp: not scored: patient-data: ") for note in scored.warnings)
    assert list(both.score(tiny_cohort.parent / "c00.mhd", patient={"age": 60}).targets) == [
        "ve", "fev1pp",
    ]  # fmt: skip


def test_a_tool_that_knows_no_patient_says_so(run):
    with pytest.raises(UsageError, match="need patient data beside a scan"):
        Scorer(load_trained(run)).score(np.full((20, 60, 60), -850, np.int16))


def test_scales_that_are_damaged_make_the_weights_unusable(run, tiny_cohort, tmp_path):
    other = drawn_run(tmp_path / "fev1pp", tiny_cohort, "patient")
    best = json.loads(other.best_json.read_text())
    best["patient"]["age"]["sd"] = "wide"
    write_json(other.best_json, best)
    with pytest.raises(WeightsError, match="is damaged: patient makes no sense; train again"):
        load_trained(other)


def test_caffe_test_says_that_the_patient_data_have_changed(tiny_cohort, tmp_path):
    other = drawn_run(tmp_path / "fev1pp", tiny_cohort, "patient")
    best = json.loads(other.best_json.read_text())
    best["patient"]["age"]["mean"] += 1
    write_json(other.best_json, best)
    with pytest.raises(TrainingStopped, match="the patient data of the training split have chang"):
        caffe_test.main(["fev1pp", "--run", str(other.path), "--gpu", "none"])

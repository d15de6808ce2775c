"""The program of the related work: its files, its table, and what it says of wrong requests."""

import csv
import json

import numpy as np
import pytest
from scipy.stats import spearmanr
from stored_cohort import make_stored_cohort

from pylayers.cohort.cohort import write_rows
from pylayers.command_line.exit_codes import USAGE
from pylayers.errors import CohortError, UsageError
from pylayers.files.file_hash import sha256
from pylayers.files.whole_file import write_json
from tools import score_baselines
from tools.baselines.methods import DENSITIES, LAA950, MEAN, METHODS
from tools.training.run_folder import RunFolder
from tools.training.run_prototxt import write_prototxts
from tools.training.schedules import Schedule


@pytest.fixture
def run(tmp_path):
    """A run folder with predictions of the network on a small cohort."""
    return run_of("fev1fvc", tmp_path)


def run_of(target, folder):
    """A run folder of a target, and its cohort."""
    cohort = make_stored_cohort(folder / "cohort")
    run = RunFolder(folder / "run")
    run.path.mkdir()
    write_prototxts(run, cohort, target, Schedule(), seed=1, gpu=None)
    run.best_weights.write_bytes(b"weights")
    write_json(run.best_json, {"target": target, "weights_sha256": sha256(run.best_weights)})
    rng = np.random.default_rng(5)
    rows = []
    for scan in reversed(cohort.labelled("test", target)):  # joined by scan_id
        truth = scan.labels[target]
        prediction = truth + rng.normal(0, 0.05)
        rows.append(
            {
                "scan_id": scan.scan_id,
                "truth": repr(truth),
                "prediction": repr(float(prediction)),
            }
        )
    write_rows(run.predictions("test"), rows)
    return run


def score(run, *options, methods=("laa950", "coarse")):
    score_baselines.main(
        ["fev1fvc", "--run", str(run.path), "--methods", *methods, "--workers", "1", *options]
    )


def test_methods_stand_beside_the_network_with_the_statistics_of_the_report(run, capsys):
    score(run, methods=[METHODS[name].option for name in DENSITIES])
    out = capsys.readouterr().out
    with (run.path / "baselines_test.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    truth = [float(row["truth"]) for row in rows]
    for name in DENSITIES:
        rho = abs(spearmanr([float(row[name]) for row in rows], truth).statistic)
        (line,) = (line for line in out.splitlines() if line.startswith(f"{name}  "))
        assert f" {rho:.2f} [" in line
    assert "scan2num" in out and "on the same 12 test scans" in out
    facts = json.loads((run.path / "baselines.json").read_text())
    assert (facts["train_scans"], facts["val_scans"]) == (20, 8)
    assert list(facts["methods"]) == list(DENSITIES)
    assert facts["methods"]["coarse linear model"]["settings"]["alpha"] > 0


def test_a_target_that_is_no_sign_of_copd_has_no_area(tmp_path, capsys):
    run = run_of("ve", tmp_path)
    score_baselines.main(
        ["ve", "--run", str(run.path), "--methods", "laa950", "mean", "--workers", "1"]
    )
    out = capsys.readouterr().out
    assert "LAA-950" in out and "AUC" not in out
    assert list(json.loads((run.path / "baselines.json").read_text())["methods"]) == [LAA950, MEAN]


def test_the_same_command_gives_the_same_bytes(run):
    paths = [run.path / "baselines_test.csv", run.path / "baselines.json"]
    score(run, "--quiet")
    first = [path.read_bytes() for path in paths]
    score(run, "--quiet")
    assert [path.read_bytes() for path in paths] == first


def test_quiet_prints_nothing(run, capsys):
    score(run, "--quiet")
    assert capsys.readouterr() == ("", "")


def test_wrong_requests_are_said_before_the_work(run, capsys):
    with pytest.raises(SystemExit) as stopped:
        score(run, methods=["laa"])
    assert stopped.value.code == USAGE and "invalid choice: 'laa'" in capsys.readouterr().err
    with pytest.raises(UsageError, match="--workers 0"):
        score(run, "--workers", "0")
    with pytest.raises(UsageError, match="--seed -1 is not in 0"):
        score(run, "--seed", "-1")
    assert not (run.path.parent / "cohort" / "features").exists()


def test_predictions_of_an_earlier_cohort_are_not_compared(run):
    path = run.predictions("test")
    path.write_text(path.read_text().replace("0.", "0.1", 1))
    with pytest.raises(CohortError, match=r"has changed since .*; run `make evaluate TARGET=fev1"):
        score(run, "--quiet")
    assert not (run.path / "baselines.json").exists()
    path.unlink()
    with pytest.raises(CohortError, match="run `make evaluate TARGET=fev1fvc"):
        score(run, "--quiet")


def test_the_help_names_every_method():
    text = " ".join(score_baselines.parser().format_help().split())
    assert all(method.option in text for method in METHODS.values())


def stale(run, *options):
    score_baselines.main(["--stale", "--run", str(run.path), "--workers", "1", "--quiet", *options])


def test_stale_gives_a_run_its_densities_once(run):
    record = run.path / "baselines.json"
    stale(run)
    assert list(json.loads(record.read_text())["methods"]) == list(DENSITIES)
    score(run, "--quiet", methods=["laa950"])
    stale(run)
    assert list(json.loads(record.read_text())["methods"]) == ["LAA-950"]  # somebody's own choice
    table = run.path.parent / "cohort" / "cohort.csv"
    text = table.read_text()
    table.write_text(text.replace("0.", "0.1", 1))  # a validation or training label: still fits
    stale(run)
    assert list(json.loads(record.read_text())["methods"]) == list(DENSITIES)


def test_stale_goes_on_where_a_cohort_has_no_lung_masks(run, capsys):
    """A report is made all the same."""
    for store in (run.path.parent / "cohort" / "scans").glob("*.h5"):
        store.unlink()
    stale(run)
    assert "no densities beside" in capsys.readouterr().err
    assert not (run.path / "baselines.json").exists()

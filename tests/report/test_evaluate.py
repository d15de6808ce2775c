"""Evaluation writes what the report reads: the numbers of score_scan, to the bit."""

import csv
import json
import os
import shutil

import numpy as np
import pytest

from pylayers.errors import UsageError
from tools import evaluate, score_scan
from tools.training.run_folder import RunFolder

pytestmark = pytest.mark.caffe


@pytest.fixture
def run(random_run, tmp_path):
    """A run folder to write into."""
    shutil.copytree(random_run.path, tmp_path / "fev1pp")
    return RunFolder(tmp_path / "fev1pp")


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_predictions_and_contributions_are_score_scans(run, tiny_cohort, tmp_path, capsys):
    evaluate.main(["fev1pp", "--run", str(run.path), "--gpu", "none"])
    said = capsys.readouterr().out
    assert "3 scans of the test split" in said and "predictions_test.csv" in said
    for split in ("val", "test"):
        rows = read(run.predictions(split))
        assert len(rows) == 3 and list(rows[0]) == ["scan_id", "truth", "prediction"]
        slices = read(run.contributions(split))
        assert [row["slice"] for row in slices] == [str(n) for n in range(16)] * 3
        name = rows[0]["scan_id"]
        scan, made = tiny_cohort.parent / f"{name}.mhd", tmp_path / "score.json"
        options = ["--weights", str(run.path), "--json", str(made), "--quiet"]
        score_scan.main([str(scan), *options])
        target = json.loads(made.read_text())["targets"]["fev1pp"]
        assert rows[0]["prediction"] == repr(target["score"])
        own = [row["contribution"] for row in slices if row["scan_id"] == name]
        assert own == [repr(one["contribution"]) for one in target["slices"]]


def test_only_what_is_stale_is_evaluated_again(run, tmp_path, capsys):
    stale = ["--stale", "--run", str(tmp_path), "--gpu", "none"]
    evaluate.main(stale)
    assert "fev1pp on 3 scans" in capsys.readouterr().out
    before = run.contributions("test").stat().st_mtime_ns
    evaluate.main(stale)
    assert capsys.readouterr().out == ""
    assert run.contributions("test").stat().st_mtime_ns == before
    os.utime(run.best_json)
    assert evaluate.is_stale(run)


def test_a_variant_beside_a_stale_run_is_evaluated_with_it(run, tmp_path, monkeypatch):
    beside = tmp_path / f"{run.path.name}-coronal"
    shutil.copytree(run.path, beside)
    best = json.loads(run.best_json.read_text())
    (beside / "best.json").write_text(json.dumps(best | {"variant": "coronal"}))
    done = []
    monkeypatch.setattr(evaluate, "evaluate_run", lambda folder, *_: done.append(folder.path))
    for place in (run.path, tmp_path):
        evaluate.main(["--stale", "--run", str(place), "--gpu", "none"])
    assert done == [run.path, beside] * 2


@pytest.mark.parametrize("arguments", [[], ["ve", "--stale"]])
def test_a_target_or_all_that_is_stale_has_to_be_chosen(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        evaluate.main(arguments)
    assert caught.value.code == 2


def test_another_target_than_the_runs_is_refused(run):
    with pytest.raises(UsageError, match="predicts fev1pp, not ve"):
        evaluate.main(["ve", "--run", str(run.path)])


def test_several_offsets_are_compared_with_one(run, capsys):
    evaluate.main(["fev1pp", "--run", str(run.path), "--gpu", "none", "--offsets", "3"])
    assert "  3 offsets " in capsys.readouterr().out
    once, several = (
        np.array([float(row["prediction"]) for row in read(run.predictions(split))])
        for split in ("test", "test_offsets3")
    )
    assert np.any(once != several)
    np.testing.assert_allclose(once, several, atol=0.3 * np.abs(once).max())

"""A sweep over the number of slices: its runs, its table, and going on after a kill."""

import csv
import math
import os
import shutil
import signal
from pathlib import Path

import pytest
from gate import Gate
from gated_training import started_training

from pylayers.command_line.exit_codes import TrainingStopped
from pylayers.errors import UsageError
from pylayers.files.file_hash import sha256
from tools import sweep_slices
from tools.report.sweep_table import table_text, write_table
from tools.training import train_run
from tools.training.run_folder import RunFolder
from tools.training.sweep_folder import SweepFolder

WANTED = {"target": "ve", "slices": 8, "test_slices": 8, "seed": 1}


def command(cohort, out, *more) -> list[str]:
    options = ["fev1fvc", "--slices", "2,1", "--cohort", cohort, "--schedule", "demo"]
    options += ["--batch", 1, "--iterations", 2, "--interval", 1, "--gpu", "none", "--out", out]
    return [str(option) for option in (*options, *more)]


@pytest.fixture(scope="module")
def swept(tiny_cohort, tmp_path_factory) -> Path:
    """A finished sweep of 1 and 2 slices. Do not write into it."""
    out = tmp_path_factory.mktemp("sweep") / "new" / "sweep"
    assert sweep_slices.main(command(tiny_cohort, out, "--quiet")) is None
    return out


def rows(out):
    with (out / "table6.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def times(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.mark.caffe
def test_there_is_a_run_and_a_row_for_each_number(swept):
    table = rows(swept)
    assert list(table[0]) == ["slices", "rho", "low", "high", "n", "val_loss", "weights_sha256"]
    assert [row["slices"] for row in table] == ["1", "2"]
    for row in table:
        run = RunFolder(swept / row["slices"])
        best = run.best()
        assert best["slices"] == best["test_slices"] == int(row["slices"])
        assert run.layer_params("train").slices == run.layer_params("test").slices == best["slices"]
        assert float(row["val_loss"]) == best["val_loss"]
        assert row["weights_sha256"] == sha256(run.best_weights)
        assert -1 <= float(row["rho"]) <= 1 and row["n"] == "3"
    assert table[0]["weights_sha256"] != table[1]["weights_sha256"]


@pytest.mark.caffe
def test_a_second_sweep_repeats_nothing(swept, tiny_cohort, monkeypatch, capsys):
    for module, name in ((train_run, "follow_training"), (sweep_slices, "predict_split")):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("done again"))
    before = times(swept)
    sweep_slices.main(command(tiny_cohort, swept))
    changed = {path.name for path, time in times(swept).items() if time != before.get(path)}
    assert changed == {"table6.csv", ".lock"}
    out, _ = capsys.readouterr()
    assert out.startswith("fev1fvc: 2 runs with 1, 2 slices of 1 scans an iteration: at most 2 ")
    assert out.count("is trained already; nothing to do") == 2
    assert "this cohort" in out and "another cohort" in out

    with pytest.raises(UsageError, match=r"holds another sweep \(its seed differs\); remove"):
        sweep_slices.main(command(tiny_cohort, swept, "--seed", 2))


@pytest.mark.caffe
@pytest.mark.parametrize(
    ("stop", "caffe_too", "says"),
    [
        ("train 0", True, "there is no snapshot to go on from"),
        ("train 0", False, "going on from the snapshot of iteration 1\n"),
        ("train 1", True, "going on from the snapshot of iteration 1\n"),
    ],
)
def test_after_a_kill_only_what_was_unfinished_is_trained(
    stop, caffe_too, says, swept, tiny_cohort, tmp_path, capsys
):
    out = tmp_path / "sweep"
    shutil.copytree(swept, out)
    shutil.rmtree(out / "1")
    (out / "2" / "predictions_test.csv").unlink()
    (out / "table6.csv").unlink()
    kept = times(out / "2")
    tool = command(tiny_cohort, out, "--quiet")
    gate = Gate(tmp_path / "gate", stop)
    with started_training(gate, *tool, program=sweep_slices.__file__) as (process, caffe):
        process.kill()
        process.wait()
        if caffe_too:
            os.kill(caffe, signal.SIGKILL)
    assert not (out / "table6.csv").exists()

    sweep_slices.main(command(tiny_cohort, out))
    said, _ = capsys.readouterr()
    assert says in said
    assert "sweep/2 is trained already" in said
    assert (out / "table6.csv").read_bytes() == (swept / "table6.csv").read_bytes()
    assert kept.items() <= times(out / "2").items()


@pytest.mark.caffe
def test_a_training_that_stops_ends_the_sweep_without_a_table(tiny_cohort, tmp_path, monkeypatch):
    monkeypatch.setattr(train_run, "follow_training", lambda *_: "stopped")
    with pytest.raises(TrainingStopped, match="stopped before its end"):
        sweep_slices.main(command(tiny_cohort, tmp_path / "sweep", "--quiet"))
    assert not (tmp_path / "sweep" / "table6.csv").exists()
    assert not (tmp_path / "sweep" / "2").exists()


@pytest.mark.caffe
@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--slices", "8,x"), "'8,x' is no list of numbers"),
        (("--slices", ""), "'' is no list of numbers"),
        (("--slices", "8,0"), "--slices 0 is below 1"),
        (("--schedule", "fast"), "'fast' is not one of"),
        (("--seed", "-1"), "--seed -1 is below 0"),
        (("--batch", "0"), "--batch 0 is below 1"),
    ],
)
def test_wrong_usage_is_said_before_any_work(more, says, tiny_cohort, tmp_path):
    with pytest.raises(UsageError, match=says):
        sweep_slices.main(command(tiny_cohort, tmp_path / "sweep", *more))
    assert not (tmp_path / "sweep").exists()


# ---- the folder ----


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(UsageError, match="is no folder of a sweep and not empty"):
        SweepFolder(tmp_path, WANTED).__enter__()
    with pytest.raises(UsageError, match=r"thesis.tex cannot be written: File exists"):
        SweepFolder(tmp_path / "thesis.tex", WANTED).__enter__()


def test_two_sweeps_cannot_share_a_folder(tmp_path):
    with SweepFolder(tmp_path, WANTED), pytest.raises(UsageError, match="another sweep is at work"):
        SweepFolder(tmp_path, WANTED).__enter__()
    with SweepFolder(tmp_path, WANTED | {"slices": 24, "test_slices": 24}):
        pass
    with pytest.raises(UsageError, match="its target differs"):
        SweepFolder(tmp_path, WANTED | {"target": "fev1pp"}).__enter__()


# ---- the table ----


def row(slices, rho=0.8125, low=0.5, high=0.9):
    about = {"n": 48, "val_loss": 0.00213, "weights_sha256": "ab"}
    return {"slices": slices, "rho": rho, "low": low, "high": high, **about}


def test_the_papers_numbers_stand_beside_those_of_its_target_alone():
    lines = table_text("fev1fvc", [row(10), row(16)]).splitlines()
    assert lines[0].startswith("fev1fvc, 48 test scans")
    assert lines[2].split() == ["10", "0.81", "[0.50,", "0.90]", "0.00213", "-"]
    assert lines[3].endswith("0.82 [0.77, 0.86]")
    assert "another cohort" in lines[-1]
    assert "0.82" not in table_text("ve", [row(16)])


def test_what_is_no_number_is_blank_in_the_table(tmp_path):
    nothing = row(8, *[math.nan] * 3)
    write_table(tmp_path / "table6.csv", [nothing, row(12)])
    assert [r["rho"] for r in rows(tmp_path)] == ["", "0.8125"]
    assert "- [-, -]" in table_text("fev1fvc", [nothing])

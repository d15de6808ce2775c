"""Training end to end on a tiny cohort: caffe train, its best weights, caffe test, a score."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from conftest import ROOT
from processes import LIMIT_S, wait_for

from pylayers.cohort.cohort import read_cohort
from pylayers.cohort.store import read_crop
from pylayers.command_line.exit_codes import TrainingStopped
from pylayers.errors import CohortError, UsageError
from pylayers.files.file_hash import sha256
from pylayers.lungs.crop import PREPROCESSING_VERSION
from tools import caffe_test, score_scan, train
from tools.caffe_run.caffe_log import read_events
from tools.scoring.predictions import predict_split
from tools.scoring.scorer import Scorer
from tools.training import run_prototxt
from tools.training.run_folder import RunFolder
from tools.training.snapshots import Snapshots
from tools.training.trained_run import load_trained

pytestmark = [pytest.mark.caffe, pytest.mark.slow]

SHORT = [
    *("--schedule", "demo", "--slices", "2", "--batch", "2"),
    *("--iterations", "4", "--interval", "2", "--gpu", "none"),
]


def train_in(folder, cohort, *more, target="fev1pp") -> RunFolder:
    options = [target, "--cohort", cohort, "--run", folder, *SHORT, "--quiet", *more]
    train.main([str(option) for option in options])
    return RunFolder(Path(folder))


@pytest.fixture(scope="module")
def trained(tiny_cohort, tmp_path_factory) -> RunFolder:
    """A finished run of four iterations with a validation at 2 and 4."""
    return train_in(tmp_path_factory.mktemp("trained") / "fev1pp", tiny_cohort)


def state_of(run):
    return json.loads(run.run_json.read_text())["state"]


def test_the_log_shows_every_iteration_and_validation(trained):
    events = read_events(trained.log)
    assert [e.iteration for e in events if e.kind == "trained"] == [0, 1, 2, 3]
    assert [e.iteration for e in events if e.kind == "validated"] == [2, 4]
    assert [e.iteration for e in events if e.kind == "snapshot"] == [2, 4]
    assert all(0 < e.loss < 10 for e in events if e.kind != "snapshot")


def test_the_best_weights_are_those_of_the_lowest_validation_loss(trained, tiny_cohort):
    best = load_trained(trained).best
    losses = {e.iteration: e.loss for e in read_events(trained.log) if e.kind == "validated"}
    assert best["iteration"] == min(losses, key=losses.get)
    assert best["val_loss"] == losses[best["iteration"]]
    snapshot = trained.snapshot(best["iteration"], "caffemodel")
    assert sha256(snapshot) == best["weights_sha256"] == sha256(trained.best_weights)
    assert best["cohort_sha256"] == sha256(tiny_cohort / "cohort.csv")
    assert (best["target"], best["seed"], best["slices"], best["batch"]) == ("fev1pp", 1, 2, 2)
    assert best["caffe_commit"].startswith("9b89154")
    assert not best["phantom"]
    assert best["preprocessing_version"] == PREPROCESSING_VERSION
    pixel, apart = ({"min": mm, "median": mm, "max": mm} for mm in (2.6, 7.0))
    seen = {"scans": 10, "pixel_mm": pixel, "slice_mm": apart, "kernels": {}}
    assert best["trained_on"] == seen
    assert state_of(trained) == "finished"
    assert (trained.path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_the_validation_loss_is_that_of_our_predictions(trained):
    best = load_trained(trained).best
    errors = [
        (p.score - p.truth) / 100 for p in predict_split(load_trained(trained), "val", quiet=True)
    ]
    assert np.mean(np.square(errors)) / 2 == pytest.approx(best["val_loss"], rel=1e-4)


def test_caffe_test_agrees_with_our_predictions(trained):
    caffe_test.main(["fev1pp", "--run", str(trained.path), "--gpu", "none", "--quiet"])
    said = json.loads(trained.test_json.read_text())
    assert said["n_test"] == 3
    assert said["test_loss"] == pytest.approx(said["test_loss_from_predictions"], abs=1e-5)
    assert said["test_loss"] > 0
    assert len(trained.predictions("test").read_text().splitlines()) == 4


def test_a_scan_of_the_cohort_scores_alone_what_it_scores_in_its_split(
    trained, tiny_cohort, tmp_path
):
    prediction = predict_split(load_trained(trained), "test", quiet=True)[1]
    scan = tiny_cohort.parent / f"{prediction.scan.scan_id}.mhd"
    arguments = [scan, "--weights", trained.path, "--json", tmp_path / "s.json", "--quiet"]
    assert score_scan.main([str(a) for a in arguments]) == 0
    result = json.loads((tmp_path / "s.json").read_text())
    target = result["targets"]["fev1pp"]
    contributions = [s["contribution"] for s in target["slices"]]
    assert len(contributions) == 2
    assert target["score"] == prediction.score == float(np.mean(contributions))
    (scanner,) = result["warnings"]
    assert scanner.startswith("pixels of 2.6 mm are coarser than CT scanners")  # and nothing else


def test_a_training_whose_progress_is_read_no_longer_goes_on(trained, tiny_cohort, tmp_path):
    options = ["fev1pp", "--cohort", tiny_cohort, "--run", tmp_path / "run", *SHORT]
    command = [sys.executable, ROOT / "tools" / "train.py", *map(str, options)]
    pipes = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, **pipes, text=True) as process:
        process.stdout.close()
        assert process.stderr.read().count("error") == 0
    run = RunFolder(tmp_path / "run")
    assert (process.returncode, state_of(run)) == (0, "finished")
    assert sha256(run.best_weights) == sha256(trained.best_weights)


def test_the_same_seed_gives_the_same_bytes_in_another_folder(trained, tiny_cohort, tmp_path):
    again = train_in(tmp_path / "again", tiny_cohort)
    assert again.best_weights.read_bytes() == trained.best_weights.read_bytes()


def test_another_seed_gives_other_weights(trained, tiny_cohort, tmp_path):
    other = train_in(tmp_path / "other", tiny_cohort, "--seed", 2)
    assert other.best_weights.read_bytes() != trained.best_weights.read_bytes()


def test_a_finished_run_is_not_repeated(trained, tiny_cohort, capsys):
    before = {p: p.stat().st_mtime_ns for p in trained.path.rglob("*")}
    train_in(trained.path, tiny_cohort)
    assert {p: p.stat().st_mtime_ns for p in trained.path.rglob("*")} == before


@pytest.mark.parametrize(
    ("more", "target", "differs"),
    [
        ((), "ve", "target"),
        (("--seed", "2"), "fev1pp", "seed"),
        (("--iterations", "6"), "fev1pp", "iterations"),
        (("--restart",), "ve", "target"),
    ],
)
def test_a_folder_with_another_run_is_refused_and_left(more, target, differs, trained, tiny_cohort):
    weights = sha256(trained.best_weights)
    with pytest.raises(UsageError, match=rf"another run \(its {differs} differs\)"):
        train_in(trained.path, tiny_cohort, *more, target=target)
    assert sha256(trained.best_weights) == weights


def test_a_folder_that_is_no_run_is_refused_and_left(tiny_cohort, tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(UsageError, match="is not a run folder and not empty"):
        train_in(tmp_path, tiny_cohort)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_missing_store_is_said_before_anything_is_trained(tiny_cohort, tmp_path):
    shutil.copytree(tiny_cohort, tmp_path / "cohort")
    (tmp_path / "cohort" / "scans" / "c03.h5").unlink()
    with pytest.raises(CohortError, match=r"c03\.h5 is missing"):
        train_in(tmp_path / "run", tmp_path / "cohort")
    assert not (tmp_path / "run").exists()


def test_a_stored_scan_that_is_damaged_stops_the_training_with_its_name(tiny_cohort, tmp_path):
    shutil.copytree(tiny_cohort, tmp_path / "cohort")
    scan = read_cohort(tiny_cohort).labelled("val", "fev1pp")[0].scan_id
    store = tmp_path / "cohort" / "scans" / f"{scan}.h5"
    with h5py.File(store) as file:
        chunks = [file["hu"].id.get_chunk_info(n) for n in range(len(file["hu"]))]
    content = bytearray(store.read_bytes())
    for chunk in chunks:  # only reading its voxels shows it
        content[chunk.byte_offset + chunk.size // 2] ^= 0x55
    store.write_bytes(content)
    with pytest.raises(TrainingStopped, match=rf"caffe failed: .*{scan}"):
        train_in(tmp_path / "run", tmp_path / "cohort")
    assert state_of(RunFolder(tmp_path / "run")) == "failed"


def test_a_gpu_whose_memory_is_too_small_is_told_what_to_do(tiny_cohort, tmp_path, monkeypatch):
    caffe = tmp_path / "caffe"
    said = "F1123 syncedmem.cpp:78] Check failed: error == cudaSuccess (2 vs. 0) out of memory"
    caffe.write_text(f"#!/bin/sh\necho '{said}'\nexit 1\n")
    caffe.chmod(0o755)
    monkeypatch.setattr("tools.caffe_run.caffe_process.caffe_binary", lambda: caffe)
    with pytest.raises(TrainingStopped, match=r"out of memory; .*--split-batch 2 --restart"):
        train_in(tmp_path / "run", tiny_cohort)


def test_a_diverging_run_stops_with_a_sentence(tiny_cohort, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "prototxt", tmp_path / "prototxt")
    solver = tmp_path / "prototxt" / "solver.prototxt"
    solver.write_text(solver.read_text().replace("base_lr: 0.005", "base_lr: 1e30"))
    monkeypatch.setattr(run_prototxt, "HAND_WRITTEN", tmp_path / "prototxt")
    with pytest.raises(TrainingStopped) as caught:
        train_in(tmp_path / "run", tiny_cohort, "--iterations", 100, "--interval", 50)
    message = str(caught.value)
    assert "\n" not in message
    assert "diverged" in message and "base_lr" in message and "train.log" in message
    run = RunFolder(tmp_path / "run")
    assert state_of(run) == "failed"
    assert not run.best_json.exists()
    assert (run.path / "curve.png").exists()
    assert caffe_processes(run) == []


def test_an_unfinished_run_is_refused_until_it_is_discarded(trained, tiny_cohort, tmp_path):
    shutil.copytree(trained.path, tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    run.run_json.write_text(run.run_json.read_text().replace("finished", "stopped"))
    (run.path / "old").touch()
    with pytest.raises(
        UsageError, match=r"holds an unfinished run; go on with `make resume .*--restart"
    ):
        train_in(run.path, tiny_cohort)
    train_in(run.path, tiny_cohort, "--restart")
    assert state_of(run) == "finished"
    assert not (run.path / "old").exists()


def test_an_early_checkpoint_scores_what_the_later_does_not(trained, tiny_cohort):
    """Training changes the weights: both snapshots score, and differently."""
    cohort = read_cohort(tiny_cohort)
    hu = read_crop(cohort.store_path(cohort.scans[0])).hu
    scorer = Scorer(load_trained(trained))
    scores = []
    for iteration in (2, 4):
        scorer.network.net.copy_from(str(trained.snapshot(iteration, "caffemodel")))
        scores.append(scorer.score(hu).score)
    assert np.isfinite(scores).all() and scores[0] != scores[1]


# ---- signals ----


def caffe_processes(run) -> list[str]:
    """The processes whose command line names a run folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            status = (process / "status").read_text()
        except OSError:  # it has ended
            continue
        if str(run.solver) in command and "Z (zombie)" not in status:
            found.append(command)
    return found


@pytest.fixture
def long_run(tiny_cohort, tmp_path):
    """tools/train.py under way with far more iterations than will run."""
    run = RunFolder(tmp_path / "run")
    process = subprocess.Popen(
        [
            *(sys.executable, ROOT / "tools" / "train.py", "ve", "--cohort", tiny_cohort),
            *("--run", run.path, *SHORT, "--iterations", "10000", "--interval", "5000"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: len(read_events(run.log)) >= 2, process)
        yield run, process
    finally:
        process.kill()
        process.wait()
    wait_for(lambda: not caffe_processes(run))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_leaves_a_snapshot_code_6_and_no_caffe(number, long_run):
    run, process = long_run
    assert len(caffe_processes(run)) == 1
    process.send_signal(number)
    _, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 6
    assert caffe_processes(run) == []
    (iteration,) = Snapshots(run).iterations()
    assert run.snapshot(iteration, "solverstate").stat().st_size > 1_000_000
    assert f"the snapshot of iteration {iteration} is kept" in err
    assert "Traceback" not in err
    assert state_of(run) == "stopped"


def test_caffe_stops_with_a_snapshot_when_we_are_killed(long_run):
    run, process = long_run
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_for(lambda: not caffe_processes(run))
    assert len(Snapshots(run).iterations()) == 1

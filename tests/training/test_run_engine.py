"""A run keeps the engine that it was begun with: oneDNN's layers, or Caffe's own."""

import json
import os

import pytest
from short_training import arguments, resume

from pylayers.errors import UsageError
from tools import train
from tools.caffe_run import compute_engine
from tools.caffe_run.compute_engine import CAFFE, CHOICE, ONEDNN, engine_in_use, onednn_version
from tools.training.run_folder import RunFolder
from tools.training.run_manifest import read_manifest

pytestmark = [
    pytest.mark.caffe,
    pytest.mark.slow,
    pytest.mark.skipif(engine_in_use() != ONEDNN, reason="this Caffe is without oneDNN's layers"),
]

BY_ONEDNN = "Convolution by oneDNN"


def begun_with_caffe(run: RunFolder, named: bool = True) -> None:
    """Make a stopped run one that was begun with Caffe's own layers; unless named, an older one."""
    manifest = json.loads(run.run_json.read_text()) | {"engine": CAFFE}
    if not named:
        del manifest["engine"]
    run.run_json.write_text(json.dumps(manifest))
    run.log.write_text("")


def test_the_log_and_the_facts_name_the_engine(stopped_run):
    manifest, _ = read_manifest(stopped_run)
    assert manifest["engine"] == ONEDNN
    assert f"{BY_ONEDNN} {onednn_version()}" in stopped_run.log.read_text()
    facts = json.loads(stopped_run.best_json.read_text())
    assert (facts["engine"], facts["onednn_version"]) == (ONEDNN, onednn_version())


@pytest.mark.parametrize("named", [True, False])
def test_a_run_that_was_begun_with_caffes_own_layers_goes_on_with_them(named, stopped_run):
    begun_with_caffe(stopped_run, named)
    resume(stopped_run.path, "--quiet")
    log = stopped_run.log.read_text()
    assert "Iteration 16" in log and BY_ONEDNN not in log
    assert read_manifest(stopped_run)[0]["engine"] == CAFFE
    assert json.loads(stopped_run.best_json.read_text())["onednn_version"] is None


def test_without_onednn_its_run_cannot_go_on(stopped_run, tiny_cohort, monkeypatch):
    monkeypatch.setattr(compute_engine, "PLUGIN", "none.so")
    with pytest.raises(UsageError, match=r"begun with oneDNN's layers.*ENGINE=onednn` brings"):
        resume(stopped_run.path)
    # but it can be begun anew, and says then what it is
    train.main([*arguments(tiny_cohort, stopped_run.path, "--restart"), "--quiet"])
    assert read_manifest(stopped_run)[0]["engine"] == CAFFE


def test_the_environment_chooses_the_engine_of_a_new_run(run_tool, tiny_cohort, tmp_path):
    few = ["--iterations", "4"]  # the last of two wins
    done = run_tool(
        "train", *arguments(tiny_cohort, tmp_path / "run"), *few, env=os.environ | {CHOICE: CAFFE}
    )
    assert done.returncode == 0, done.stderr
    assert read_manifest(RunFolder(tmp_path / "run"))[0]["engine"] == CAFFE
    assert BY_ONEDNN not in (tmp_path / "run" / "train.log").read_text()


def test_a_finished_run_of_the_other_engine_is_neither_repeated_nor_removed(
    stopped_run, tiny_cohort, capsys
):
    resume(stopped_run.path, "--quiet")
    manifest = json.loads(stopped_run.run_json.read_text())
    del manifest["engine"]  # as older runs have it
    stopped_run.run_json.write_text(json.dumps(manifest))
    before = stopped_run.best_weights.stat()
    for more in ([], ["--resume"], ["--restart"]):
        train.main(arguments(tiny_cohort, stopped_run.path, *more))
        assert "trained already; nothing to do" in capsys.readouterr().out
    assert stopped_run.best_weights.stat() == before


def test_the_way_back_to_onednn_is_named(stopped_run, run_tool):
    done = run_tool(
        *("train", "fev1pp", "--run", stopped_run.path, "--gpu", "none", "--resume"),
        env=os.environ | {CHOICE: CAFFE},
    )
    assert done.returncode == 2
    assert f"unset {CHOICE} to bring them back" in done.stderr

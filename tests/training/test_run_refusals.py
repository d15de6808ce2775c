"""What a training or its resume refuses: a folder in use, of another run, damaged, or full."""

import pytest
from gated_training import gated_env
from processes import LIMIT_S
from short_training import arguments, final, gate_of, held, resume

from pylayers.command_line.exit_codes import TrainingStopped
from pylayers.errors import UsageError
from tools import train
from tools.training import disk_space

pytestmark = [pytest.mark.caffe, pytest.mark.slow]


def test_two_trainings_cannot_write_one_folder(tiny_cohort, tmp_path):
    with held(tiny_cohort, tmp_path / "run", "train 1") as (process, _):
        log = (tmp_path / "run" / "train.log").stat().st_ino
        for more in (["--resume"], ["--restart"], []):
            with pytest.raises(UsageError, match="another training is at work in"):
                train.main([*arguments(tiny_cohort, tmp_path / "run"), *more])
        assert process.poll() is None and (tmp_path / "run" / "train.log").stat().st_ino == log
        process.terminate()
        process.communicate(timeout=LIMIT_S)


def test_a_moved_run_is_resumed(undisturbed, stopped_run, tmp_path, capsys):
    stopped_run.path.rename(tmp_path / "moved")
    resume(tmp_path / "moved")
    assert "unusable" not in capsys.readouterr().out
    assert final(tmp_path / "moved") == undisturbed


def test_a_resume_with_other_options_than_the_run_is_refused(stopped_run, tmp_path):
    for more, differs in ((["--seed", "2"], "seed"), (["--slices", "3"], "slices")):
        with pytest.raises(UsageError, match=rf"another run \(its {differs} differs\)"):
            resume(stopped_run.path, *more)
    with pytest.raises(UsageError, match=r"another run \(its target differs\)"):
        train.main(["ve", "--run", str(stopped_run.path), "--resume"])
    with pytest.raises(UsageError, match=r"there is no run in .* to go on with"):
        resume(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
    with pytest.raises(UsageError, match="--cohort is missing"):
        train.main(["ve", "--run", str(tmp_path / "nothing")])


def test_a_damaged_manifest_is_said(stopped_run):
    for text in ('{"target": ', "[1]", ""):
        stopped_run.run_json.write_text(text)
        with pytest.raises(UsageError, match=r"run\.json is damaged; remove the folder"):
            resume(stopped_run.path)


def test_a_full_disk_is_said_before_training(tiny_cohort, tmp_path, monkeypatch):
    monkeypatch.setattr(disk_space, "free_mb", lambda _: 100)
    with pytest.raises(UsageError, match=r"100 MB are free where .* needs 290 MB; free some"):
        train.main(arguments(tiny_cohort, tmp_path / "run"))
    assert not (tmp_path / "run" / "train.log").exists()


def test_a_disk_that_fills_up_stops_the_training(undisturbed, tiny_cohort, tmp_path, monkeypatch):
    left = iter([10_000, 50])
    monkeypatch.setattr(disk_space, "free_mb", lambda _: next(left, 50))
    # Caffe, which would train on until it is ended, waits after the first snapshot
    for name, value in gated_env(gate_of(tmp_path / "run", "train 5")).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(
        TrainingStopped, match=r"the disk is full: .* iteration 4 is kept"
    ) as caught:
        train.main([*arguments(tiny_cohort, tmp_path / "run"), "--quiet"])
    assert "make resume" in str(caught.value)
    monkeypatch.undo()
    resume(tmp_path / "run")
    assert final(tmp_path / "run") == undisturbed


def test_a_folder_that_cannot_be_written_is_said(tiny_cohort, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written: Not a directory"):
        train.main(arguments(tiny_cohort, tmp_path / "file" / "run"))


def test_resume_and_restart_exclude_each_other(run_tool, tmp_path):
    done = run_tool("train", "ve", "--resume", "--restart", "--run", tmp_path / "run")
    assert done.returncode == 2 and "not allowed with" in done.stderr

"""What went wrong becomes one line and a code; a bug of ours keeps its traceback."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from pylayers.errors import CohortError, MachineError, ScanRefused, UsageError, WeightsError
from tools.exit_codes import TrainingStopped, run

ROOT = Path(__file__).resolve().parent.parent
TOOLS = (
    *("prepare_cohort", "split_cohort", "train", "sweep_slices", "caffe_test"),
    *("score_scan", "score_cohort", "benchmark"),
)


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (MachineError("disk full"), 1, "error: disk full"),
        (UsageError("what was asked"), 2, "error: what was asked"),
        (ScanRefused("no-lungs", "seen"), 3, "refused: no-lungs: seen"),
        (WeightsError("no weights"), 4, "error: no weights"),
        (CohortError("bad row"), 5, "error: bad row"),
        (TrainingStopped("why"), 6, "error: why"),
        (KeyboardInterrupt(), 130, "stopped by Ctrl-C; finished work is kept"),
    ],
)
def test_each_expected_error_has_its_code_and_line(error, code, line, capsys):
    def main():
        raise error

    assert run(main) == code
    out, err = capsys.readouterr()
    assert (out, err) == ("", line + "\n")


def test_a_bug_of_ours_is_not_hidden():
    def main():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(main)


def test_a_reader_that_closes_early_is_no_bug():
    code = "import sys; from tools.exit_codes import run; sys.exit(run(lambda: print('x' * 10**6)))"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_success_is_zero_and_a_returned_code_is_kept():
    assert run(lambda: None) == 0
    assert run(lambda: 3) == 3


def fails(result, code, *parts):
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    for part in parts:
        assert part in result.stderr


@pytest.mark.caffe
def test_an_unknown_target_exits_2_with_the_list(run_tool, tmp_path):
    result = run_tool("train", "fev1", "--cohort", tmp_path)
    fails(result, 2, "'fev1'", "ve, fev1fvc, fev1pp")


@pytest.mark.caffe
def test_a_scan_that_is_missing_exits_3(run_tool, random_run, tmp_path):
    result = run_tool("score_scan", tmp_path / "no.mhd", "--weights", random_run.path)
    fails(result, 3, "refused: not-found: there is no no.mhd")


@pytest.mark.caffe
def test_a_run_without_weights_exits_4(run_tool, tmp_path):
    fails(run_tool("score_scan", "a.mhd", "--weights", tmp_path / "none"), 4, "there is no")


@pytest.mark.caffe
def test_a_folder_without_a_cohort_exits_5(run_tool, tmp_path):
    fails(run_tool("split_cohort", tmp_path), 5, "there is no", "cohort.csv")


@pytest.mark.caffe
def test_a_wrong_option_exits_2_with_the_usage(run_tool):
    result = run_tool("score_scan", "a.mhd", "--no-such-option")
    assert result.returncode == 2
    assert "usage:" in result.stderr and "Traceback" not in result.stderr


@pytest.mark.caffe
@pytest.mark.parametrize("name", TOOLS)
def test_help_says_what_the_tool_does(name, capsys):
    tool = importlib.import_module(f"tools.{name}")
    with pytest.raises(SystemExit) as ended:
        tool.main(["--help"])
    assert ended.value.code == 0
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith("usage:")
    assert tool.__doc__.split("\n")[0] in out


def test_a_refusal_survives_the_way_from_a_worker_process():
    error = ScanRefused("no-lungs", "0.1 L")
    kind, arguments = error.__reduce__()
    again = kind(*arguments)
    assert (again.slug, again.sentence, str(again)) == ("no-lungs", "0.1 L", str(error))
    assert json.dumps(again.args)

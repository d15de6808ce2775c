"""What went wrong becomes one line and a code; a bug of ours keeps its traceback."""

import errno
import importlib
import json
import os
import subprocess
import sys

import pytest
from conftest import ROOT

from pylayers.command_line.exit_codes import TrainingStopped, run
from pylayers.errors import CohortError, MachineError, ScanRefused, UsageError, WeightsError

IMPORT_RUN = "from pylayers.command_line.exit_codes import run"
BUFFERED = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
TOOLS = (
    *("prepare_cohort", "split_cohort", "train", "sweep_slices", "caffe_test"),
    *("score_scan", "score_cohort", "sweep_pixels", "benchmark"),
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
    code = f"import sys\n{IMPORT_RUN}\nsys.exit(run(lambda: print('x' * 10**6)))"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def streams(code, redirected):
    """Run code's main() by a shell; return its exit code, stdout and stderr."""
    code = f"import sys\n{IMPORT_RUN}\n{code}\nsys.exit(run(main))"
    command = ["bash", "-c", f'"$0" -c "$1" {redirected}', sys.executable, code]
    done = subprocess.run(
        command, cwd=ROOT, env=BUFFERED, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_a_short_line_to_a_reader_that_is_gone_is_no_bug():
    code = "import sys; from pylayers.command_line.exit_codes import run\n"
    code += "sys.exit(run(lambda: sys.stdin.read() or print('short')))"
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=BUFFERED, **pipes) as process:
        process.stdout.close()
        process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.parametrize("to", ["/dev/full", "| exit"])
def test_progress_that_nobody_reads_ends_no_work(to, tmp_path):
    code = "from pylayers.command_line.standard_streams import show\ndef main():\n"
    code += " for _ in range(5): show('x' * 10**5)\n"
    code += f" open({str(tmp_path / 'done')!r}, 'w').close()"
    redirected = f"> {to}" if to.startswith("/") else f"{to}; exit ${{PIPESTATUS[0]}}"
    assert streams(code, redirected) == (0, "", "")
    assert (tmp_path / "done").exists()


def test_a_full_stdout_is_one_line_and_1():
    line = "error: stdout cannot be written: No space left on device\n"
    assert streams("main = lambda: print('short')", "> /dev/full") == (1, "", line)
    assert streams("main = lambda: print('short', flush=True)", "> /dev/full") == (1, "", line)
    assert streams("main = lambda: print('x' * 10**6)", "> /dev/full")[:2] == (1, "")


def test_what_goes_to_a_closed_stderr_does_not_land_on_stdout():
    code = "main = lambda: print('note', file=sys.stderr) or print('number')"
    assert streams(code, "2>&-") == (0, "number\n", "")
    code = "from pylayers.errors import *\ndef main(): raise UsageError"
    assert streams(code, "2>&-") == (2, "", "")


def test_no_file_takes_the_place_of_a_closed_stdout(tmp_path):
    code = f"def main():\n  with open({str(tmp_path / 'f')!r}, 'w') as f: print(f.fileno())"
    for closed in (">&-", "<&- >&- 2>&-"):
        code_of, out, _ = streams(code + "; import os; os.system('echo lost')", closed)
        assert (code_of, out) == (0, "")
        assert (tmp_path / "f").read_text() == ""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space", "scans/a.h5"), "scans/a.h5: No space\n"),
        (OSError(errno.EMFILE, "Too many open files"), "the machine failed: Too many open files\n"),
        (MemoryError(), "the machine failed: not enough memory; try again with fewer workers"),
    ],
)
def test_what_the_machine_lacks_is_one_line_and_1(error, said, capsys):
    def main():
        raise error

    assert run(main) == 1
    line = capsys.readouterr().err
    assert line.startswith(f"error: {said}") and line.count("\n") == 1


def test_other_errors_of_the_system_are_bugs():
    def main():
        raise FileNotFoundError(2, "No such file", "x")

    with pytest.raises(FileNotFoundError):
        run(main)


def test_sigterm_stops_as_ctrl_c_does():
    code = (
        "import os, signal\ndef main():\n"
        " try: os.kill(os.getpid(), signal.SIGTERM); signal.pause()\n"
        " finally: print('cleaned up')"
    )
    line = "stopped by SIGTERM; finished work is kept\n"
    assert streams(code, "") == (143, "cleaned up\n", line)


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

"""An empty Python with requirements-score.txt scores with a twin, without Caffe."""

import re
import subprocess
import sys

import pytest

from pylayers.files.checkout import ROOT
from tools import export_onnx

PIN = re.compile(r"^([\w-]+)==([\w.]+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / name).read_text()))


def test_the_pins_are_those_of_set_up():
    ours, theirs = pins("requirements.txt"), pins("requirements-score.txt")
    assert len(theirs) > 5 and theirs.items() <= ours.items()


@pytest.mark.slow
@pytest.mark.caffe
def test_an_empty_python_gives_the_same_number(random_run, tiny_cohort, tmp_path):
    export_onnx.main(["fev1pp", "--run", str(random_run.path), "--out", str(tmp_path / "gift")])
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "-r", ROOT / "requirements-score.txt"]
    subprocess.run(install, check=True)
    arguments = [tiny_cohort.parent / "c03.mhd", "--weights", tmp_path / "gift" / "model.onnx"]
    command = ["-I", ROOT / "tools" / "score_scan.py", *arguments, "--json", "-", "--quiet"]
    # -I: neither this checkout's .venv nor PYTHONPATH helps
    alone, here = (
        subprocess.run([each, *command], check=True, capture_output=True, cwd=tmp_path).stdout
        for each in (python, sys.executable)
    )
    without_times = [
        re.sub(rb'"timings_s": \{.*?\}', b"", text, flags=re.S) for text in (alone, here)
    ]
    assert without_times[0] == without_times[1] and b'"onnxruntime"' in alone
    missing = subprocess.run([python, "-c", "import caffe"], capture_output=True, check=False)
    assert missing.returncode

"""Rooms: imports go down, names occur once."""

import importlib.metadata
import subprocess
import sys
from collections import Counter

import pytest
from conftest import ROOT

LINTER = [sys.executable.replace("python", "lint-imports"), "--no-cache", "--no-logo"]


def test_no_two_modules_share_a_name():
    folders = (ROOT / folder for folder in ("pylayers", "tools", "data"))
    names = Counter(path.name for folder in folders for path in folder.rglob("*.py"))
    assert {name for name, count in names.items() if count > 1} == {"__init__.py"}


def test_nothing_in_tools_hides_an_installed_module():
    """`python tools/train.py` puts tools/ first on the path."""
    ours = {path.stem for path in (ROOT / "tools").iterdir() if path.suffix in ("", ".py")}
    ours -= {"__init__", "__pycache__"}
    assert "training" in ours
    theirs = set(importlib.metadata.packages_distributions()) | {"caffe"}
    assert not ours & (theirs | set(sys.stdlib_module_names))


UPWARD = [
    ("pylayers/reading", "pylayers.lungs.crop"),
    ("pylayers/cohort", "tools.training.schedules"),
    ("tools/stats", "tools.scoring.scorer"),
    ("tools/scoring", "tools.score_scan"),
    ("tools/training", "data.phantom.labels"),
    ("data/luna16", "tools.stats.correlation"),
    ("data/luna16", "data.copdgene.scales"),
]


@pytest.fixture(scope="module")
def broken(tmp_path_factory) -> str:
    """What the linter prints of a copy in which each room imports what is above it."""
    copy = tmp_path_factory.mktemp("copy")
    for name in ("pylayers", "tools", "data"):
        copy_python(ROOT / name, copy / name)
    (copy / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for number, (room, upward) in enumerate(UPWARD):
        (copy / room / f"climbing{number}.py").write_text(f"import {upward}\n")
    done = subprocess.run(LINTER, cwd=copy, capture_output=True, text=True)
    assert done.returncode == 1
    return done.stdout


@pytest.mark.parametrize(
    ("number", "upward"), [(n, upward) for n, (_, upward) in enumerate(UPWARD)]
)
def test_an_upward_import_breaks_a_contract(number, upward, broken):
    assert f"climbing{number} -> {upward}" in broken


def copy_python(source, target) -> None:
    """Copy the Python files of a tree."""
    for path in source.rglob("*.py"):
        there = target / path.relative_to(source)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(path.read_bytes())

"""What to measure on: the user's cohort, the phantom cohort, else a few phantoms of our own."""

import subprocess
import sys
from pathlib import Path

from pylayers.cohort.cohort import read_rows
from pylayers.command_line.progress_bar import say
from pylayers.files.checkout import ROOT, relative

PHANTOM_COHORT = ROOT / "build" / "phantom" / "cohort"
OWN = ROOT / "build" / "bench"
COUNT, FRACTIONS = 8, "4,2,2"


def bench_cohort(folder: Path | None, quiet: bool) -> Path:
    """Return the folder of a prepared and split cohort, made in build/bench where there is none.

    folder: the user's own, None for the phantoms. Raises CalledProcessError.
    """
    if folder or (PHANTOM_COHORT / ".stamp-split").is_file():
        return folder or PHANTOM_COHORT
    cohort = OWN / "cohort"
    done = cohort / ".split"
    if not done.is_file():
        _run("tools/prepare_cohort.py", _own_phantoms(quiet), "--out", cohort)
        _run("tools/split_cohort.py", cohort, "--fractions", FRACTIONS)
        done.touch()
    return cohort


def bench_phantoms(quiet: bool) -> list[Path]:
    """Return the scans of a few phantoms, made in build/bench where there are none.

    Raises CalledProcessError.
    """
    table = PHANTOM_COHORT.parent / "table.csv"
    if not table.is_file():
        table = _own_phantoms(quiet)
    return [table.parent / row["path"] for _, row in read_rows(table)][:COUNT]


def _own_phantoms(quiet: bool) -> Path:
    """Return the table of our own phantoms."""
    table = OWN / "phantoms" / "table.csv"
    if not table.is_file():
        say(f"{COUNT} phantoms into {relative(OWN)}, once", quiet)
        options = ("--out", table.parent, "--n", str(COUNT), "--seed", "1")
        _run("data/phantom/make_phantoms.py", *options)
    return table


def _run(program: str, *options: str | Path) -> None:
    subprocess.run([sys.executable, ROOT / program, *options, "--quiet"], check=True)

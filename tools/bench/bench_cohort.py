"""The cohort to measure on: the user's, the phantom cohort, else a few phantoms of our own."""

import subprocess
import sys
from pathlib import Path

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
        say(f"{COUNT} phantoms into {relative(OWN)}, once (about a minute)", quiet)
        phantoms = OWN / "phantoms"
        for program, *options in (
            ("data/phantom/make_phantoms.py", "--out", phantoms, "--n", str(COUNT), "--seed", "1"),
            ("tools/prepare_cohort.py", phantoms / "table.csv", "--out", cohort),
            ("tools/split_cohort.py", cohort, "--fractions", FRACTIONS),
        ):
            subprocess.run([sys.executable, ROOT / program, *options, "--quiet"], check=True)
        done.touch()
    return cohort

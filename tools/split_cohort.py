"""Split a cohort into train, val and test: by subject, stratified by GOLD stage and outcomes.

Splits that cohort.csv states are kept; subjects without one get theirs.
"""

import argparse
import math
import sys
from collections import Counter
from collections.abc import Sequence

import numpy as np

from pylayers.cohort.cohort import SPLITS, TABLE, CohortScan, read_cohort, write_rows
from pylayers.cohort.gold import gold_stage
from pylayers.command_line.exit_codes import run
from pylayers.command_line.path_argument import given_path
from pylayers.command_line.progress_bar import say
from pylayers.errors import UsageError
from pylayers.files.folder_lock import COHORT_WORK, FolderLock
from pylayers.files.output_check import check_output

PAPER_FRACTIONS = "1424,170,195"  # paper, section 2.1
SEED = 1


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("cohort", type=given_path, help="folder made by tools/prepare_cohort.py")
    p.add_argument(
        "--fractions",
        help=f"train,val,test in any unit (default: the paper's, {PAPER_FRACTIONS})",
    )
    p.add_argument("--seed", type=int, help=f"of the draw (default: {SEED})")
    p.add_argument("--redraw", action="store_true", help="draw all splits, also those stated")
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def split(args: argparse.Namespace) -> None:
    """Draw the split and write it into cohort.csv."""
    fractions = parsed_fractions(PAPER_FRACTIONS if args.fractions is None else args.fractions)
    read_cohort(args.cohort)  # before a lock is put into a folder that is no cohort
    with FolderLock(args.cohort, COHORT_WORK):
        draw_and_write(args, fractions)


def draw_and_write(args: argparse.Namespace, fractions: np.ndarray) -> None:
    """Draw the missing splits of a locked cohort and write them."""
    table = args.cohort / TABLE
    check_output(table)
    cohort = read_cohort(args.cohort)
    scans = cohort.scans
    stated = {} if args.redraw else {scan.subject_id: scan.split for scan in scans if scan.split}
    missing = tuple(scan for scan in scans if scan.subject_id not in stated)
    if not missing and not (args.fractions is None and args.seed is None):
        raise UsageError(f"every scan of {table} has a split; --redraw draws all of them anew")
    seed = SEED if args.seed is None else args.seed
    splits = stated | draw_splits(missing, fractions, seed, tuple(cohort.own))
    rows = [scan.row | {"split": splits[scan.subject_id]} for scan in scans]
    write_rows(table, rows)
    counts = Counter(row["split"] for row in rows)
    kept = f" ({len(scans) - len(missing)} as cohort.csv states; --redraw draws all anew)"
    text = f"{table}: " + ", ".join(f"{counts[name]} {name}" for name in SPLITS)
    say(text + (kept if stated else ""), args.quiet)


def parsed_fractions(text: str) -> np.ndarray:
    """Return three positive weights that sum to 1."""
    try:
        weights = np.array([float(part) for part in text.split(",")])
    except ValueError:
        weights = np.array([])
    if len(weights) != 3 or not np.all(np.isfinite(weights)) or np.any(weights <= 0):
        raise UsageError(f"--fractions {text!r} is not three positive numbers like 1424,170,195")
    return weights / weights.sum()


def draw_splits(
    scans: tuple[CohortScan, ...], fractions: np.ndarray, seed: int, own: Sequence[str] = ()
) -> dict[str, str]:
    """Return subject_id -> split; own: names of the targets that the cohort declares.

    Subjects are ordered by stratum; walking along that order, each takes the split that lags
    furthest behind its fraction, so every stretch of the order holds all splits in proportion.
    The drawn order of equals and a shuffle within short stretches make the choice random.
    """
    rng = np.random.default_rng(seed)
    subjects = {}
    for scan in scans:  # a subject's first scan stands for all
        subjects.setdefault(scan.subject_id, scan)
    names = sorted(subjects)
    rng.shuffle(names)
    names.sort(key=lambda name: stratum(subjects[name], own))

    taken = np.zeros(3)
    order = []
    for position in range(len(names)):
        lag = fractions * (position + 1) - taken
        choice = int(np.argmax(lag))
        taken[choice] += 1
        order.append(SPLITS[choice])
    stretch = max(2, round(1 / fractions.min()))
    for start in range(0, len(order), stretch):
        part = order[start : start + stretch]
        rng.shuffle(part)
        order[start : start + stretch] = part
    return dict(zip(names, order, strict=True))


def stratum(scan: CohortScan, own: Sequence[str] = ()) -> tuple[float, ...]:
    """Return the sort key of a scan: GOLD stage, VE, the lung function values, then its own."""
    labels = scan.labels
    known = "fev1fvc" in labels and "fev1pp" in labels
    stage = gold_stage(labels["fev1fvc"], labels["fev1pp"]) if known else -1
    papers = (labels.get(name, -1.0) for name in ("ve", "fev1fvc", "fev1pp"))
    return (stage, *papers, *(labels.get(name, -math.inf) for name in own))


def main(argv: list[str] | None = None) -> int | None:
    """Run the program."""
    return split(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))

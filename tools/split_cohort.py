"""Split a cohort into train, val and test: by subject, stratified by GOLD stage and outcomes."""

import argparse
import sys
from collections import Counter

import numpy as np

from pylayers.cohort.cohort import SPLITS, TABLE, CohortScan, read_cohort, write_rows
from pylayers.cohort.gold import gold_stage
from pylayers.command_line.exit_codes import run
from pylayers.command_line.path_argument import given_path
from pylayers.errors import UsageError
from pylayers.files.folder_lock import COHORT_WORK, FolderLock
from pylayers.files.output_check import check_output

PAPER_FRACTIONS = (1424, 170, 195)  # paper, section 2.1


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    p.add_argument("cohort", type=given_path, help="folder made by tools/prepare_cohort.py")
    p.add_argument(
        "--fractions",
        default=",".join(map(str, PAPER_FRACTIONS)),
        help="train,val,test in any unit; the paper's by default",
    )
    p.add_argument("--seed", type=int, default=1, help="of the draw")
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def split(args: argparse.Namespace) -> None:
    """Draw the split and write it into cohort.csv."""
    fractions = parsed_fractions(args.fractions)
    read_cohort(args.cohort)  # before a lock is put into a folder that is no cohort
    with FolderLock(args.cohort, COHORT_WORK):
        draw_and_write(args, fractions)


def draw_and_write(args: argparse.Namespace, fractions: np.ndarray) -> None:
    """Draw the split of a locked cohort and write it."""
    check_output(args.cohort / TABLE)
    cohort = read_cohort(args.cohort)
    splits = draw_splits(cohort.scans, fractions, args.seed)
    rows = [scan.row | {"split": splits[scan.subject_id]} for scan in cohort.scans]
    write_rows(args.cohort / TABLE, rows)
    if not args.quiet:
        counts = Counter(row["split"] for row in rows)
        print(f"{args.cohort / TABLE}: " + ", ".join(f"{counts[s]} {s}" for s in SPLITS))


def parsed_fractions(text: str) -> np.ndarray:
    """Return three positive weights that sum to 1."""
    try:
        weights = np.array([float(part) for part in text.split(",")])
    except ValueError:
        weights = np.array([])
    if len(weights) != 3 or not np.all(np.isfinite(weights)) or np.any(weights <= 0):
        raise UsageError(f"--fractions {text!r} is not three positive numbers like 1424,170,195")
    return weights / weights.sum()


def draw_splits(scans: tuple[CohortScan, ...], fractions: np.ndarray, seed: int) -> dict[str, str]:
    """Return subject_id -> split.

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
    names.sort(key=lambda name: stratum(subjects[name]))

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


def stratum(scan: CohortScan) -> tuple[float, ...]:
    """Return the sort key of a scan: GOLD stage, VE, then the lung function values."""
    labels = scan.labels
    known = "fev1fvc" in labels and "fev1pp" in labels
    stage = gold_stage(labels["fev1fvc"], labels["fev1pp"]) if known else -1
    return (stage, *(labels.get(name, -1.0) for name in ("ve", "fev1fvc", "fev1pp")))


def main(argv: list[str] | None = None) -> int | None:
    """Run the program."""
    return split(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))

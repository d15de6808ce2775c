"""Fit Mets' logistic models of COPD on a cohort with expirations, and test them.

Their inputs are the ratio of mean lung density in expiration to that in inspiration, the percentage
of the lung below -856 HU in expiration, LAA-950 and, where the cohort's table has them for all of
these scans, age, height_cm, weight_kg, pack_years and smoking. They are fitted on the training
split; printed is the area under the ROC curve on the test split with DeLong's interval. Features
are kept in COHORT/features.

Research use, not a medical device.
"""

import argparse
import sys

from pylayers.cohort.cohort import SPLITS, read_cohort, write_rows
from pylayers.command_line.exit_codes import run
from pylayers.command_line.path_argument import given_path
from pylayers.files.output_check import check_output
from tools.baselines.copd_models import (
    EXPIRATION,
    MODELS,
    TARGET,
    expirations,
    fitted_risk,
    read_copd_data,
    usable_models,
)
from tools.baselines.feature_job import complete_features
from tools.baselines.feature_kinds import DENSITY
from tools.stats.estimate_text import estimate_text
from tools.stats.roc import roc_area
from tools.workers.worker_options import add_worker_options, check_worker_options


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("cohort", type=given_path, help="prepared cohort whose scans have expirations")
    p.add_argument("--out", type=given_path, metavar="CSV", help="write the table, too")
    add_worker_options(p)
    return p


def predict_copd(args: argparse.Namespace) -> None:
    """Compute the features that are missing, fit every model and say how good each is."""
    check_worker_options(args)
    if args.out:
        check_output(args.out, "--out")
    cohort = read_cohort(args.cohort)
    for split in SPLITS:
        if split != "val":  # nothing is chosen
            scans = cohort.labelled(split, TARGET, EXPIRATION)
            both = [*scans, *expirations(scans)]
            complete_features(cohort, both, [DENSITY], args.workers, args.timeout, args.quiet)
    train, test = (read_copd_data(cohort, split) for split in ("train", "test"))
    models = usable_models(train, test)
    rows = []
    for name, parts in models.items():
        area = roc_area(test.copd, fitted_risk(parts, train, test)).delong
        rows.append({"model": name, "auc": area.value, "low": area.low, "high": area.high})
        if not args.quiet:
            print(f"{name:<40}{estimate_text(area)}")
    if args.out:
        write_rows(args.out, rows)
    if not args.quiet:
        with_copd = f"{int(test.copd.sum())} of {len(test.copd)} test scans have COPD"
        print(f"fitted on {len(train.copd)} scans; {with_copd}")
        if left := [name for name in MODELS if name not in models]:
            print(f"left out, as a column is missing or has blank cells: {'; '.join(left)}")


def main(argv: list[str] | None = None) -> None:
    """Run the program."""
    predict_copd(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))

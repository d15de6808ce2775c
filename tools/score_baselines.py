"""Train the related work on a run's cohort and compare it with the run's network.

Every method of the paper's section 1.1 that needs one inspiratory CT is fitted on the training
split, chooses its settings on the validation split and predicts the test split of the cohort that
the run was trained on. Writes RUN/baselines_test.csv and RUN/baselines.json, prints the table that
`make report` then shows, too.

Features are kept in COHORT/features: after an interruption the same command goes on.
"""

import argparse
import sys
from pathlib import Path

from pylayers.cohort.cohort import SPLITS, read_cohort
from pylayers.cohort.targets import TARGETS
from pylayers.command_line.exit_codes import run
from pylayers.errors import CohortError, UsageError
from pylayers.files.checkout import ROOT, relative
from pylayers.files.output_check import check_output
from tools.baselines.feature_job import complete_features
from tools.baselines.methods import METHODS
from tools.baselines.scored_baselines import (
    record_path,
    score_baselines,
    table_path,
    write_baselines,
)
from tools.report.baseline_table import baseline_table, table_text
from tools.report.results import read_split
from tools.training.run_places import add_run_options, make_command, trained_run
from tools.training.trained_run import load_trained
from tools.workers.worker_options import add_worker_options, check_worker_options


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("target", choices=TARGETS, help="what the run predicts")
    add_run_options(p)
    p.add_argument(
        "--methods",
        nargs="+",
        choices=[method.option for method in METHODS.values()],
        help="methods (default: all)",
    )
    p.add_argument("--seed", type=int, default=1, help="of what is drawn (default: %(default)s)")
    add_worker_options(p)
    return p


def score(args: argparse.Namespace) -> None:
    """Compute features, fit, predict, compare."""
    check_worker_options(args)
    if not 0 <= args.seed < 2**31:
        raise UsageError(f"--seed {args.seed} is not in 0..{2**31 - 1}")
    names = [
        name
        for name, method in METHODS.items()
        if args.methods is None or method.option in args.methods
    ]
    folder = trained_run(args.target, args.cohort, args.run)
    for path in (table_path(folder), record_path(folder)):
        check_output(path)
    trained = load_trained(folder)
    cohort = read_cohort(Path(ROOT, folder.layer_params("test").cohort))
    rows = {scan.scan_id: scan.row for scan in cohort.scans}
    test = read_split(folder.predictions("test"), rows, trained.target)
    scans = [scan for split in SPLITS for scan in cohort.labelled(split, args.target)]
    kinds = dict.fromkeys(kind for name in names for kind in METHODS[name].kinds)
    complete_features(cohort, scans, kinds, args.workers, args.timeout, args.quiet)
    scored = score_baselines(cohort, args.target, names, args.seed)
    table = baseline_table(trained.target, test, scored)
    if table is None:
        raise CohortError(
            f"the cohort has changed since {relative(folder.predictions('test'))} was written; "
            f"run `{make_command('evaluate', folder, args.target)}` again"
        )
    write_baselines(folder, scored)
    if not args.quiet:
        print(table_text(table))
        print(relative(table_path(folder)))


def main(argv: list[str] | None = None) -> None:
    """Run the program."""
    score(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))

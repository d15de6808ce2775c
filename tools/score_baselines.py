"""Train the related work on a run's cohort and compare it with the run's network.

Every method of the paper's section 1.1 that needs one inspiratory CT is fitted on the training
split, chooses its settings on the validation split and predicts the test split of the cohort that
the run was trained on. Writes RUN/baselines_test.csv and RUN/baselines.json, prints the table that
`make report` then shows, too.

Features are kept in COHORT/features: after an interruption the same command goes on.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pylayers.cohort.cohort import SPLITS, Cohort, read_cohort
from pylayers.command_line.exit_codes import complain, run
from pylayers.errors import CohortError, UsageError
from pylayers.files.checkout import ROOT, relative
from pylayers.files.output_check import check_output
from tools.baselines.feature_job import complete_features
from tools.baselines.methods import DENSITIES, METHODS
from tools.baselines.scored_baselines import (
    read_baselines,
    record_path,
    score_baselines,
    table_path,
    write_baselines,
)
from tools.report.baseline_table import baseline_table, table_text
from tools.report.results import read_split
from tools.training.asked_run import TARGET_HELP, trained_run
from tools.training.run_folder import RunFolder
from tools.training.run_places import add_run_options, make_command, trained_runs
from tools.training.trained_run import load_trained
from tools.workers.worker_options import add_worker_options, check_worker_options


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = p.add_mutually_exclusive_group(required=True)
    what.add_argument("target", nargs="?", help=TARGET_HELP)
    what.add_argument(
        "--stale",
        action="store_true",
        help="the densities of each trained run of the cohort, or in --run, whose cohort has "
        "changed since, or which has none",
    )
    add_run_options(p, "run folder, with --stale or a folder of runs")
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
    if not args.stale:
        score_run(trained_run(args.target, args.cohort, args.run), chosen(args.methods), args)
        return
    for folder in trained_runs(args.cohort, args.run):
        if is_stale(folder):
            try:
                score_run(folder, chosen(args.methods) if args.methods else DENSITIES, args)
            except CohortError as error:
                complain(f"note: no densities beside {relative(folder.path)}: {error}")


def chosen(options: Sequence[str] | None) -> list[str]:
    """Return the names of methods by their options; None: of all."""
    return [name for name, method in METHODS.items() if not options or method.option in options]


def is_stale(folder: RunFolder) -> bool:
    """Return whether a run has no baselines, or ones of another cohort than it has now."""
    scored = read_baselines(folder)
    return scored is None or scored.facts.get("cohort_sha256") != cohort_of_run(folder).sha256()


def cohort_of_run(folder: RunFolder) -> Cohort:
    """Return the cohort that a run was trained on, as it is now."""
    return read_cohort(Path(ROOT, folder.layer_params("test").cohort))


def score_run(folder: RunFolder, names: Sequence[str], args: argparse.Namespace) -> None:
    """Fit methods on a run's cohort, write their predictions and print the comparison."""
    for path in (table_path(folder), record_path(folder)):
        check_output(path)
    trained = load_trained(folder)
    cohort, target = cohort_of_run(folder), trained.target
    rows = {scan.scan_id: scan.row for scan in cohort.scans}
    test = read_split(folder.predictions("test"), rows, target)
    scans = [scan for split in SPLITS for scan in cohort.labelled(split, target.name)]
    kinds = dict.fromkeys(kind for name in names for kind in METHODS[name].kinds)
    complete_features(cohort, scans, kinds, args.workers, args.timeout, args.quiet)
    scored = score_baselines(cohort, target.name, names, args.seed)
    table = baseline_table(target, test, scored)
    if table is None:
        raise CohortError(
            f"the cohort has changed since {relative(folder.predictions('test'))} was written; "
            f"run `{make_command('evaluate', folder, target.name)}` again"
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

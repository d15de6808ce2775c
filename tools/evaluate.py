"""Score the validation and the test split of a run, for `make report`.

Writes predictions_<split>.csv (scan_id, truth, prediction) and contributions_<split>.csv (scan_id,
slice, contribution) into the run folder, in the reported unit, by the same code as score_scan.py.
"""

import argparse
import sys
from pathlib import Path

from pylayers.cohort.cohort import write_rows
from pylayers.command_line.exit_codes import complain, run
from pylayers.files.checkout import relative
from pylayers.files.output_check import check_output
from tools.caffe_run.caffe_install import gpu_id
from tools.scoring.chosen_runs import add_offsets
from tools.scoring.predictions import (
    Prediction,
    predict_split,
    several_name,
    split_version_note,
    write_predictions,
)
from tools.stats.agreement import agreement
from tools.stats.correlation import compare_correlations, spearman_interval
from tools.stats.estimate_text import estimate_text
from tools.training.asked_run import TARGET_HELP, trained_run
from tools.training.run_folder import RunFolder
from tools.training.run_places import add_run_options, add_variant, trained_runs
from tools.training.run_records import cohort_of
from tools.training.trained_run import TrainedRun, load_trained
from tools.training.trained_variant import variants_beside

SPLITS = ("val", "test")


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
        help="evaluate each trained run of the cohort, or in --run, and each variant beside one, "
        "that is newer than its tables",
    )
    add_run_options(p, "run folder, with --stale or a folder of runs")
    add_variant(p)
    p.add_argument("--gpu", default="auto", help="auto, none or a number (default: %(default)s)")
    add_offsets(p)
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def evaluate(args: argparse.Namespace) -> None:
    """Evaluate one run, or those that are newer than their tables."""
    gpu = gpu_id(args.gpu)
    if not args.stale:
        evaluate_run(trained_run(args.target, args.cohort, args.run, args.variant), gpu, args)
        return
    runs = trained_runs(args.cohort, args.run)
    variants = [
        one
        for folder in runs
        for one in variants_beside(folder)
        if cohort_of(one) == cohort_of(folder)
    ]
    for path in dict.fromkeys(folder.path for folder in (*runs, *variants)):
        if is_stale(folder := RunFolder(path)):
            evaluate_run(folder, gpu, args)


def is_stale(folder: RunFolder) -> bool:
    """Return whether a run's weights are newer than its tables, or have none."""
    table = folder.contributions(SPLITS[-1])
    return not table.exists() or table.stat().st_mtime < folder.best_json.stat().st_mtime


def evaluate_run(folder: RunFolder, gpu: int | None, args: argparse.Namespace) -> None:
    """Predict both splits, write the tables and say how good the test split's are.

    gpu: its number, None for the CPU.
    """
    names = SPLITS if args.offsets == 1 else (*SPLITS, several_name(args.offsets))
    for path in (*map(folder.predictions, names), *map(folder.contributions, SPLITS)):
        check_output(path)
    trained = load_trained(folder)
    if not args.quiet and (note := split_version_note(trained, SPLITS)):
        complain(f"note: {note}")
    for split in SPLITS:
        predictions = predict_split(trained, split, gpu, args.quiet)
        write_contributions(folder.contributions(split), predictions)
        write_predictions(folder.predictions(split), predictions)
    target = trained.target
    gain = offsets_gain(args, trained, gpu, predictions) if args.offsets > 1 else ""
    if args.quiet:
        return
    truth, score = ([getattr(p, name) for p in predictions] for name in ("truth", "score"))
    unit = f" {target.unit}" if target.unit else ""
    print(f"{target.name} on {len(predictions)} scans of the test split [95 % CI]")
    print(f"  Spearman's rho  {estimate_text(spearman_interval(score, truth))}")
    print(f"  MAE             {estimate_text(agreement(truth, score).mae, target.decimals)}{unit}")
    if gain:
        print(gain)
    print(f"  {relative(folder.predictions(SPLITS[-1]))}")


def offsets_gain(
    args: argparse.Namespace, run: TrainedRun, gpu: int | None, once: list[Prediction]
) -> str:
    """Score the test split from several start offsets; return what that changes, in words.

    Paper, section 5: "evaluating several samples per scan and averaging the results". Writes
    predictions_test_offsets<K>.csv.
    """
    several = predict_split(run, "test", gpu, args.quiet, args.offsets)
    write_predictions(run.folder.predictions(several_name(args.offsets)), several)
    truth = [p.truth for p in once]
    rhos = compare_correlations(truth, [p.score for p in several], [p.score for p in once])
    errors = (agreement(truth, [p.score for p in ps]).mae.value for ps in (several, once))
    mae = " instead of ".join(f"{error:.{run.target.decimals}f}" for error in errors)
    return (
        f"  {args.offsets} offsets       rho {estimate_text(rhos.a)}, "
        f"gain {estimate_text(rhos.difference, 3)}, P(better) {rhos.a_stronger:.2f}; MAE {mae}"
    )


def write_contributions(path: Path, predictions: list[Prediction]) -> None:
    """Write each slice's contribution: scan_id, slice (0 is the lowest), contribution."""
    write_rows(
        path,
        [
            {"scan_id": p.scan.scan_id, "slice": number, "contribution": repr(float(value))}
            for p in predictions
            for number, value in enumerate(p.contributions)
        ],
    )


def main(argv: list[str] | None = None) -> None:
    """Run the program."""
    evaluate(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))

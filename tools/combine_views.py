"""Combine a target's axial, coronal and sagittal networks: by their mean, and linearly.

Reads the predictions that `make evaluate` wrote for each of the three runs. The linear weights are
fitted on the validation split and never negative. Each network and both combinations are compared
with the axial network on the test split, scan by scan. Writes combined_views.json (weights,
statistics) and combined_views_test.csv (scan_id, truth, a column for each prediction) into the
axial run's folder, and prints the table.
"""

import argparse
import math
import sys
from dataclasses import asdict
from pathlib import Path

from pylayers.batch.variants import PLAIN
from pylayers.cohort.cohort import write_rows
from pylayers.command_line.exit_codes import run
from pylayers.files.checkout import relative
from pylayers.files.output_check import check_output
from pylayers.files.whole_file import write_json
from pylayers.lungs.views import VIEWS
from tools.report.baseline_table import table_text
from tools.report.combined_views import (
    AXIAL,
    COLUMNS,
    CombinedViews,
    combine,
    predictions_path,
    record_path,
    statistics,
    views_table,
)
from tools.stats.estimate import Estimate
from tools.training.asked_run import TARGET_HELP, trained_run
from tools.training.run_folder import RunFolder
from tools.training.run_places import add_run_options, run_name


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("target", help=TARGET_HELP)
    add_run_options(
        p,
        "folder of the runs TARGET, TARGET-coronal and TARGET-sagittal",
        "runs, of another cohort than the phantoms runs/COHORT",
    )
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def combine_views(args: argparse.Namespace) -> None:
    """Combine the three runs, write what comes of it and print the table."""
    runs = {AXIAL: run_of(args, PLAIN.name)} | {view: run_of(args, view) for view in VIEWS}
    outputs = record_path(runs[AXIAL]), predictions_path(runs[AXIAL])
    for path in outputs:
        check_output(path)
    combined = combine(runs)
    write_json(outputs[0], record(combined))
    write_rows(outputs[1], rows(combined))
    if not args.quiet:
        table = views_table(combined)
        print("\n".join([table_text(table, len(COLUMNS)), *table.notes]))
        print(relative(outputs[0]))


def run_of(args: argparse.Namespace, variant: str) -> RunFolder:
    """Return the run of a view; UsageError where the folder of its name holds another network."""
    place: Path | None = args.run and args.run / run_name(args.target, variant)
    return trained_run(args.target, args.cohort, place, variant)


def record(combined: CombinedViews) -> dict:
    """Return what is kept of a combination: its weights, what they belong to, the statistics."""
    facts = {view: results.facts for view, results in combined.results.items()}
    return {
        "target": combined.target.name,
        "intercept": combined.weights.intercept,
        "weights": dict(zip(facts, combined.weights.weights, strict=True)),
        "val_scans": len(combined.results[AXIAL].val.truth),
        "weights_sha256": {view: known["weights_sha256"] for view, known in facts.items()},
        "test_scans": len(combined.truth),
        "test": {
            name: {what: plain(value) for what, value in found.items()}
            for name, found in statistics(combined).items()
        },
    }


def plain(value: Estimate | float) -> dict | float | None:
    """Return a statistic as JSON has it: null for what is no number."""
    if isinstance(value, Estimate):
        return {k: plain(v) if isinstance(v, float) else v for k, v in asdict(value).items()}
    return value if math.isfinite(value) else None


def rows(combined: CombinedViews) -> list[dict[str, str]]:
    """Return the rows of the combined predictions."""
    columns = {"truth": combined.truth, **combined.predictions}
    return [
        {"scan_id": scan_id, **{name: repr(float(c[n])) for name, c in columns.items()}}
        for n, scan_id in enumerate(combined.scan_ids)
    ]


def main(argv: list[str] | None = None) -> None:
    """Run the program."""
    combine_views(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))

"""Make the report: the paper's tables and figures for every trained run, on one page.

Reads the predictions of `make evaluate` and writes a folder: index.html (opens from disk, needs no
network), each table as CSV and Markdown, each figure as PNG. It is runs/report for the phantoms,
runs/COHORT/report for another cohort, and RUN/report for a run or a folder of runs.
"""

import argparse
import shlex
import sys
from pathlib import Path

from pylayers.command_line.exit_codes import run
from pylayers.command_line.path_argument import given_path
from pylayers.command_line.progress_bar import progress_bar
from pylayers.errors import UsageError, WeightsError
from pylayers.files.checkout import relative
from pylayers.files.output_check import check_folder
from pylayers.files.whole_file import write_whole
from pylayers.lungs.views import VIEWS
from tools.report.report_page import page
from tools.report.result_table import Table
from tools.report.results import Results, read_results
from tools.report.sections import sections
from tools.scoring.scored_crop import PHANTOM_WARNING
from tools.training.run_folder import RunFolder
from tools.training.run_places import REPORT, add_run_options, runs_of, trained_runs
from tools.training.trained_variant import VARIANT, variants_beside


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_run_options(p, "run folder or folder of runs")
    p.add_argument(
        "--runs", type=given_path, nargs="+", help="several run folders, in place of --run"
    )
    p.add_argument("--out", type=given_path, help="folder (default: report, beside the runs)")
    p.add_argument(
        "--by", nargs="*", default=[], metavar="COLUMN", help="subgroups by columns of cohort.csv"
    )
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def make_report(args: argparse.Namespace) -> None:
    """Draw and write everything."""
    out = args.out or default_out(args)
    by_target: dict[str, Results] = {}
    for folder in reported_runs(args):
        results = read_results(folder)
        if (view := results.facts.get(VARIANT)) in VIEWS:
            raise UsageError(
                f"{relative(folder.path)} scores {view} slices, and the report draws axial ones; "
                "`make combine-views` compares them"
            )
        name = results.target.name
        if name in by_target:
            both = [relative(one.run.path) for one in (by_target[name], results)]
            raise UsageError(f"{both[0]} and {both[1]} both predict {name}; report one at a time")
        by_target[name] = results
    check_folder(out, "--out", files=("index.html",))
    everything = sections(by_target, args.by, out)
    drawn = list(progress_bar(everything, name="report", unit="section", quiet=args.quiet))
    for section in drawn:
        for part in section.parts:
            if isinstance(part, Table):
                part.write(out)
    phantom = any(results.facts.get("phantom") for results in by_target.values())
    warning = PHANTOM_WARNING if phantom else ""
    write_whole(out / "index.html", page("scan2num: results", warning, drawn))
    if not args.quiet:
        print(relative(out / "index.html"))


def reported_runs(args: argparse.Namespace) -> list[RunFolder]:
    """Return the runs to report; UsageError for options that exclude each other, or no weights."""
    if args.runs:
        if args.run or args.cohort:
            raise UsageError("--runs names the runs already; leave out --run and --cohort")
        return [RunFolder(path) for path in args.runs]
    runs = trained_runs(args.cohort, args.run)
    beside = {run.path for one in runs for run in variants_beside(one)}  # in a section of their own
    runs = [run for run in runs if run.path not in beside]
    if not runs:
        cohort = f" COHORT={shlex.quote(relative(args.cohort))}" if args.cohort else ""
        raise WeightsError(
            f"no run of a target in {relative(runs_of(args.cohort))} has weights; "
            f"`make train TARGET=fev1fvc{cohort}` makes one, RUN= names another"
        )
    return runs


def default_out(args: argparse.Namespace) -> Path:
    """Return the folder of the report where --out names none."""
    return (args.run or runs_of(args.cohort)) / REPORT


def main(argv: list[str] | None = None) -> None:
    """Run the program."""
    make_report(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))

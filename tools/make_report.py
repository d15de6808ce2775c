"""Make the report: the paper's tables and figures for every trained run, on one page.

Reads the predictions of `make evaluate` and writes runs/report/: index.html (opens from disk, needs
no network), each table as CSV and Markdown, each figure as PNG.
"""

import argparse
import sys
from pathlib import Path

from pylayers.cohort.targets import TARGETS
from pylayers.command_line.exit_codes import run
from pylayers.command_line.path_argument import given_path
from pylayers.command_line.progress_bar import progress_bar
from pylayers.errors import UsageError, WeightsError
from pylayers.files.checkout import relative
from pylayers.files.output_check import check_folder
from pylayers.files.whole_file import write_whole
from tools.report.report_page import page
from tools.report.result_table import Table
from tools.report.results import read_results
from tools.report.sections import sections
from tools.scoring.scan_result import PHANTOM_WARNING
from tools.training.run_folder import RunFolder


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("--runs", type=given_path, nargs="+", help="run folders (default: all in runs/)")
    out = Path("runs/report")
    p.add_argument("--out", type=given_path, default=out, help="folder (default: %(default)s)")
    p.add_argument(
        "--by", nargs="*", default=[], metavar="COLUMN", help="subgroups by columns of cohort.csv"
    )
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def make_report(args) -> None:
    """Draw and write everything."""
    folders = args.runs or [folder for name in TARGETS if (folder := trained(name))]
    if not folders:
        raise WeightsError("no run in runs/ has weights; `make train TARGET=fev1fvc` makes one")
    results_of = {}
    for folder in folders:
        results = read_results(RunFolder(folder))
        if results.target.name in results_of:
            raise UsageError(f"--runs names two runs of {results.target.name}")
        results_of[results.target.name] = results
    check_folder(args.out, "--out", files=("index.html",))
    everything = sections(results_of, args.by, args.out)
    drawn = list(progress_bar(everything, name="report", unit="section", quiet=args.quiet))
    for section in drawn:
        for part in section.parts:
            if isinstance(part, Table):
                part.write(args.out)
    phantom = any(results.facts.get("phantom") for results in results_of.values())
    warning = PHANTOM_WARNING if phantom else ""
    write_whole(args.out / "index.html", page("scan2num: results", warning, drawn))
    if not args.quiet:
        print(relative(args.out / "index.html"))


def trained(name: str) -> Path | None:
    """Return the default run folder of a target when it has weights."""
    folder = Path("runs") / name
    return folder if RunFolder(folder).best_json.exists() else None


def main(argv=None) -> None:
    """Run the program."""
    make_report(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))

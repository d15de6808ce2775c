"""Compare variants with the paper's network: what each proposal of its discussion adds.

RUNS is a folder of evaluated runs on one cohort, such as `make variants` makes: of each target the
paper's network and its variants. Writes table.csv and table.md there and prints the table, which
the report of the folder has, too: `make report RUN=RUNS`.
"""

import argparse
import sys

from pylayers.batch.variants import PLAIN
from pylayers.command_line.exit_codes import complain, run
from pylayers.command_line.path_argument import given_path
from pylayers.errors import UsageError, WeightsError
from pylayers.files.checkout import relative
from pylayers.files.output_check import check_output
from tools.report.compared_runs import with_variants
from tools.report.proposals import proposals
from tools.report.results import read_results
from tools.report.variant_table import variant_table
from tools.training.run_places import check_cohort, runs_in
from tools.training.run_records import cohort_of
from tools.training.trained_variant import said_variant


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("runs", type=given_path, metavar="RUNS", help="folder of runs")
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def compare(args: argparse.Namespace) -> None:
    """Write and print the table."""
    folders = [folder for folder in runs_in(args.runs) if folder.best_json.exists()]
    if not folders:
        raise WeightsError(
            f"{relative(args.runs)} has no trained runs; `make variants` trains some"
        )
    for folder in folders:
        check_cohort(folder, cohort_of(folders[0]))
    plain = [read_results(folder) for folder in folders if said_variant(folder) == PLAIN]
    if not plain:
        raise UsageError(
            f"{relative(args.runs)} has no run of the paper's own network to compare with"
        )
    for suffix in (".csv", ".md"):
        check_output(args.runs / f"table{suffix}")
    runs, sentences = with_variants(plain)
    for sentence in sentences:
        complain(f"note: {sentence}")
    table = variant_table("table", proposals(runs), any(run.facts.get("phantom") for run in runs))
    table.write(args.runs)
    if not args.quiet:
        print(table.markdown())
        print(f"table  {relative(args.runs / f'{table.name}.csv')}")


def main(argv: list[str] | None = None) -> None:
    """Run the program."""
    return compare(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))

"""Compare phantoms with what the paper prints of its test scans, and look for short cuts.

First table: labels of a seeded cohort for which nothing is drawn, and LAA-950 of rendered phantoms,
beside the paper's numbers. Second table: how well each density of the rendered phantoms, and each
factor that they were drawn with, predicts each target alone.
"""

import argparse
import sys
from pathlib import Path

from data.phantom.factors import DENSITIES, DISEASE, FACTORS, MOST_RHO, Factor, rate_factors
from data.phantom.published import SCANS, Comparison, compare_density, compare_labels
from data.phantom.simulation import simulate_labels
from pylayers.cohort.cohort import read_rows
from pylayers.cohort.targets import TARGETS
from pylayers.command_line.exit_codes import run
from pylayers.command_line.path_argument import given_path
from pylayers.command_line.progress_bar import progress_bar
from pylayers.errors import UsageError

FEWEST = 20  # rendered phantoms of which a correlation says something


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("table", type=given_path, help="table.csv of rendered phantoms, or cohort.csv")
    p.add_argument("--split", help="of cohort.csv: rendered phantoms of this split alone")
    p.add_argument(
        "--n",
        type=int,
        default=1000,
        help="labels to draw (default: %(default)s)",
    )
    p.add_argument("--seed", type=int, default=1, help="of these labels (default: %(default)s)")
    p.add_argument("--quiet", action="store_true", help="no progress bar")
    return p


def report(args: argparse.Namespace) -> None:
    """Print both tables."""
    if args.n < FEWEST:
        raise UsageError(f"--n {args.n} is below {FEWEST}")
    rendered = rendered_rows(args.table, args.split)
    numbers = range(1, args.n + 1)
    bar = progress_bar(numbers, name="labels", unit="phantom", quiet=args.quiet)
    labels = [simulate_labels(args.seed, number) for number in bar]
    which = f"{len(rendered)} rendered phantoms{f' ({args.split})' if args.split else ''}"
    print(f"Labels of {args.n} phantoms, counts scaled to {SCANS}; LAA-950 of {which}")
    print("\n".join(comparison_lines([*compare_labels(labels), compare_density(rendered)])))
    print(f"\n|rho| of one number with a target; densities of {which}; no more than {MOST_RHO}")
    factors = rate_factors(rendered, DENSITIES) + rate_factors(labels, (*DISEASE, *FACTORS))
    print("\n".join(factor_lines(factors)))


def rendered_rows(table: Path, split: str | None) -> list[dict]:
    """Return the rows of a table, those of a split where one is named; UsageError if too few."""
    rows = [row for _, row in read_rows(table) if split is None or row.get("split") == split]
    if len(rows) < FEWEST:
        raise UsageError(f"{table} has {len(rows)} phantoms to report on, not {FEWEST}")
    return rows


def comparison_lines(comparisons: list[Comparison]) -> list[str]:
    """Return the calibration table's lines."""
    lines = [("", "the paper", "phantoms", "")]
    lines += [(c.name, c.published, c.phantoms, "met" if c.met else "NOT MET") for c in comparisons]
    return [f"  {name:24}{paper:31}{here:40}{met}" for name, paper, here, met in lines]


def factor_lines(factors: list[Factor]) -> list[str]:
    """Return the lines of the table of short cuts."""
    lines = [f"  {'':20}" + "".join(f"{target:>9}" for target in TARGETS)]
    for name, rho, too_strong in factors:
        note = "  the disease" if name in DISEASE else "  TOO STRONG" if too_strong else ""
        lines.append(f"  {name:20}" + "".join(f"{rho[t]:9.2f}" for t in TARGETS) + note)
    return lines


def main(argv: list[str] | None = None) -> None:
    """Run the program."""
    report(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))

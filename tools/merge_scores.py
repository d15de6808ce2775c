"""Merge the tables of `score_cohort.py --shard I/N` into the table of one run without --shard.

PARTS are the tables, in any order, with what lies beside them: scores_1of8_made_with.json and, with
--contributions, the slices. They must be all parts of one list, each once and complete, made with
the same nets, versions and options. The merged files have the same bytes as those of a run without
--shard; the parts stay.

Exit code 0: every scan has a row. 1: some row says `error`. 2: a part is missing, unfinished,
there twice or of another run. Others as for all tools.

Research use, not a medical device.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # without `make setup`, too

from pylayers.command_line.exit_codes import DONE, FAILED, run
from pylayers.command_line.path_argument import given_path
from pylayers.errors import UsageError
from pylayers.files.output_check import check_output
from tools.scoring.score_output import tables_of, write_tables
from tools.scoring.score_parts import merged, read_part
from tools.scoring.score_tables import ERROR, summary


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("parts", type=given_path, nargs="+", metavar="PARTS", help="tables to merge")
    p.add_argument(
        "--out",
        type=given_path,
        default=Path("scores.csv"),
        help="table to write (default: %(default)s)",
    )
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def main(argv: list[str] | None = None) -> int:
    """Run the program."""
    args = parser().parse_args(argv)
    head, rows, entries = merged([read_part(table) for table in args.parts])
    for path in tables_of(args.out, head):
        check_output(path, "--out")
        if path.exists():
            raise UsageError(f"{path} exists; delete it or choose another --out")
    write_tables(args.out, head, rows, entries)
    if not args.quiet:
        print(summary(rows, args.out))
    return FAILED if any(row["refused"] == ERROR for row in rows) else DONE


if __name__ == "__main__":
    sys.exit(run(main))

"""Write a model card (MHub's meta.json) of trained runs: their training and their results.

The numbers come from each run's best.json and predictions_test.csv (`make evaluate`); a run that
has not been evaluated is described without them.
"""

import argparse
import sys
from pathlib import Path

from pylayers.command_line.exit_codes import run
from pylayers.command_line.path_argument import given_path
from pylayers.files.output_check import check_output
from pylayers.files.whole_file import write_json
from tools.scoring.chosen_runs import add_weights, chosen_runs
from tools.training.trained_run import load_trained
from tools.twin.run_card import card


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_weights(p)
    p.add_argument(
        "--out", type=given_path, default=Path("meta.json"), help="the card (default: %(default)s)"
    )
    return p


def main(argv: list[str] | None = None) -> None:
    """Run the program."""
    args = parser().parse_args(argv)
    check_output(args.out, "--out")
    write_json(args.out, card([load_trained(folder) for folder in chosen_runs(args.weights)]))
    print(args.out)


if __name__ == "__main__":
    sys.exit(run(main))

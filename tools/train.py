"""Train one target with `caffe train`, in a run folder that holds exactly what it ran."""

import argparse
import sys

from pylayers.command_line.exit_codes import run
from tools.training.asked_run import TARGET_HELP
from tools.training.run_places import add_run_options
from tools.training.schedules import SCHEDULES
from tools.training.train_request import TrainRequest, add_number, add_training_options
from tools.training.train_run import train


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("target", help=TARGET_HELP)
    add_run_options(p)
    p.add_argument(
        "--schedule",
        help=f"one of {', '.join(SCHEDULES)} (default: demo for the phantoms, else paper)",
    )
    add_number(p, "slices", "slices per scan, in training and test")
    add_training_options(p)
    unfinished = p.add_mutually_exclusive_group()
    unfinished.add_argument(
        "--resume",
        action="store_true",
        help="go on with an unfinished run; with --cohort begin it where there is none",
    )
    unfinished.add_argument(
        "--go-on",
        action="store_true",
        help="go on with an unfinished run as it was begun; --cohort only says which",
    )
    unfinished.add_argument("--restart", action="store_true", help="discard an unfinished run")
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def main(argv: list[str] | None = None) -> int | None:
    """Run the program."""
    return train(TrainRequest.of(parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(run(main))

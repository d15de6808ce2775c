"""What a person asks to be trained: the options of a command line, checked where they are used."""

import argparse
from dataclasses import dataclass, fields
from pathlib import Path

from pylayers.batch.prefetch import WORKERS
from tools.training.schedules import CHANGEABLE


@dataclass(frozen=True)
class TrainRequest:
    """One training.

    target, variant, schedule: names. cohort: folder with cohort.csv. run: the run folder. The
    numbers change the schedule's. None leaves each to the default, or to the run that is resumed.
    gpu: auto, none or a number; workers: processes that read for each data layer, as text. resume:
    begin the run or go on with it, whichever is due; go_on: only go on; restart: discard an
    unfinished run.
    """

    target: str
    cohort: Path | None = None
    schedule: str | None = None
    run: Path | None = None
    slices: int | None = None
    batch: int | None = None
    split_batch: int | None = None
    iterations: int | None = None
    interval: int | None = None
    seed: int | None = None
    gpu: str = "auto"
    workers: str | None = None
    resume: bool = False
    go_on: bool = False
    restart: bool = False
    quiet: bool = False
    variant: str | None = None

    def changes(self) -> dict[str, int]:
        """Return the numbers of the schedule that are asked for: name -> number."""
        numbers = {name: getattr(self, name) for name in CHANGEABLE}
        return {name: number for name, number in numbers.items() if number is not None}

    @classmethod
    def of(cls, args: argparse.Namespace) -> "TrainRequest":
        """Return the request of a parsed command line that has options of these names."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in vars(args).items() if name in names})


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """Give a command line the options on how to train that are not about one run alone."""
    add_number(parser, "batch", "scans per training batch")
    add_number(parser, "split-batch", "parts of a batch, of which the GPU holds one at a time")
    add_number(parser, "iterations", "training iterations")
    add_number(parser, "interval", "iterations between validations, each with a snapshot")
    add_number(parser, "seed", "of weights, order, augmentation, dropout", default="1")
    parser.add_argument(
        "--gpu", default="auto", help="auto, none or a GPU's number (default: %(default)s)"
    )
    parser.add_argument(
        "--workers",
        help="processes that read scans ahead, 0 for none; the weights do not depend on it "
        f"(default: ${WORKERS}, else one per core but one, at most 8)",
    )


def add_number(
    parser: argparse.ArgumentParser, name: str, text: str, default: str = "the schedule's"
) -> None:
    """Give a command line one of a run's numbers."""
    parser.add_argument(f"--{name}", type=int, help=f"{text} (default: {default})")

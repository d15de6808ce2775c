"""The options of score_scan that say what is known of the patient."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from pylayers.cohort.patient_data import (
    AGE,
    HEIGHT,
    PACK_YEARS,
    SEX,
    SMOKING,
    WEIGHT,
    patient_of,
)
from pylayers.errors import UsageError
from tools.training.run_folder import RunFolder
from tools.training.trained_variant import said_variant

OPTIONS = {
    AGE: ("--age", "YEARS", "at the scan"),
    SEX: ("--sex", "F|M", "female or male"),
    HEIGHT: ("--height", "CM", "body height"),
    WEIGHT: ("--weight", "KG", "body weight"),
    PACK_YEARS: ("--pack-years", "N", "packs of 20 cigarettes a day, times years"),
    SMOKING: ("--smoking", "WORD", "never, former or current"),
}


def add_patient(parser: ArgumentParser) -> None:
    """Give a command line the options about the patient, for patient_cells_of."""
    group = parser.add_argument_group(
        "patient data", "for weights of VARIANT=patient alone; what is not given is noted"
    )
    for column, (option, metavar, text) in OPTIONS.items():
        group.add_argument(option, dest=column, metavar=metavar, help=text)


def patient_cells_of(args: Namespace, runs: Sequence[RunFolder]) -> dict[str, str]:
    """Return the patient data of a command line by column.

    Raises UsageError, before any work, for a value that is wrong and for runs that use none.
    """
    cells = {name: text for name in OPTIONS if (text := getattr(args, name)) is not None}
    for name, text in cells.items():
        if not text.strip():
            raise UsageError(f"{OPTIONS[name][0]} is blank; leave it out where it is not known")
    try:
        patient_of(cells)
    except ValueError as error:
        raise UsageError(f"patient data: {error}") from None
    if cells and not any(said_variant(run).patient for run in runs):
        options = ", ".join(OPTIONS[name][0] for name in cells)
        raise UsageError(
            f"{options}: the weights use no patient data; those of a run with VARIANT=patient do "
            "(--weights)"
        )
    return cells

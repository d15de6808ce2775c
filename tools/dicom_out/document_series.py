"""Document series: what the files of one kind have in common with each other, new in the study."""

from pydicom.uid import generate_uid

from tools.figures.style import NOT_A_DEVICE

MAKER = "scan2num"
DESCRIPTION = f"{MAKER} ({NOT_A_DEVICE})"
REPORT_NUMBER, PDF_NUMBER = 9901, 9902  # beyond those of a scanner's series


def new_uid() -> str:
    """Return a UID made of random numbers, below 2.25, which needs no registered root."""
    return generate_uid(prefix=None)

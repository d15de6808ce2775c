"""stdin, stdout and stderr where they are closed, full or no longer read."""

import os
import sys

from pylayers.errors import MachineError


class StdoutLost(MachineError):
    """What was printed could not be written."""


def open_standard_streams() -> None:
    """Open /dev/null in place of the standard streams that are closed.

    Otherwise the next file that is opened would take their place and be written into.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(descriptor)
    if sys.stderr is None:  # print(file=None) would print to stdout
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


def stdout_is_closed() -> bool:
    """Return whether all that is printed is lost, as after `>&-`."""
    return sys.stdout is None


def show(text: str) -> None:
    """Print a line of progress; when it cannot be printed, the work goes on."""
    try:
        print(text, flush=True)
    except OSError:
        silence_stdout()


def print_result(text: str) -> None:
    """Print a result; StdoutLost or BrokenPipeError when it is lost."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StdoutLost(f"stdout cannot be written: {error.strerror}") from None


def silence_stdout() -> None:
    """Discard what could not be written and all that is printed from now on."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def flush_stdout() -> None:
    """Write out what was printed.

    Raises StdoutLost, and BrokenPipeError where the reader is gone; Python does not try again when
    it ends.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError as error:
        silence_stdout()
        if isinstance(error, BrokenPipeError):
            raise
        raise StdoutLost(f"stdout cannot be written: {error.strerror}") from None

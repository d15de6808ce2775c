"""Exit codes of every tool, and the one place that turns an error into a line and a code."""

import contextlib
import signal
import sys
from collections.abc import Callable

from pylayers.command_line.standard_streams import StdoutLost, flush_stdout, open_standard_streams
from pylayers.errors import (
    CohortError,
    MachineError,
    ScanRefused,
    UsageError,
    WeightsError,
    is_machine_failure,
    machine_error,
)

DONE = 0
FAILED = 1  # of the machine, in one line; with a traceback, it is a bug of ours
USAGE = 2
REFUSED = 3  # the scan must not be scored
NO_WEIGHTS = 4
BAD_COHORT = 5
NOT_TRAINED = 6  # training stopped before its end
INTERRUPTED = 130
PIPE_CLOSED = 141  # as shells count SIGPIPE
TERMINATED = 143  # and SIGTERM


class TrainingStopped(Exception):
    """Training ended early; the message says why and what is kept."""


class Terminated(KeyboardInterrupt):
    """SIGTERM: stops as Ctrl-C does."""


CODES = {
    UsageError: USAGE,
    WeightsError: NO_WEIGHTS,
    CohortError: BAD_COHORT,
    MachineError: FAILED,
    TrainingStopped: NOT_TRAINED,
}


def refusal(error: ScanRefused) -> str:
    """Return the line that is printed for a refused scan."""
    return f"refused: {error.slug}: {error.sentence}"


def run(main: Callable[[], int | None]) -> int:
    """Call main() and return the exit code; expected errors become one line on stderr."""
    open_standard_streams()
    before = signal.getsignal(signal.SIGTERM)
    if before is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, terminate)
    try:
        code = main() or DONE
        flush_stdout()
        return code
    except ScanRefused as error:
        complain(refusal(error))
        return REFUSED
    except tuple(CODES) as error:
        complain(f"error: {error}")
        return next(code for kind, code in CODES.items() if isinstance(error, kind))
    except BrokenPipeError:  # `| head` needs no more
        return PIPE_CLOSED
    except (MemoryError, OSError) as error:
        if not is_machine_failure(error):
            raise
        complain(f"error: {machine_line(error)}")
        return FAILED
    except KeyboardInterrupt as error:
        complain(f"{stopped_by(error)}; finished work is kept")
        return interrupted_code(error)
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
        with contextlib.suppress(StdoutLost, BrokenPipeError):  # reported above, or of no interest
            flush_stdout()


def machine_line(error: MemoryError | OSError) -> str:
    """Return the machine's failure in one line, with the file where it is known."""
    try:
        flush_stdout()
    except (StdoutLost, BrokenPipeError) as lost:
        return str(lost)
    where = getattr(error, "filename", None) or "the machine failed"
    why = getattr(error, "strerror", None)
    return f"{where}: {why}" if why else str(machine_error(error, where))


def terminate(*_: object) -> None:
    """Handle SIGTERM (SLURM, docker stop): unfinished work is cleaned up."""
    raise Terminated


def stopped_by(error: KeyboardInterrupt) -> str:
    """Return how a program was stopped, in words."""
    return f"stopped by {'SIGTERM' if isinstance(error, Terminated) else 'Ctrl-C'}"


def interrupted_code(error: KeyboardInterrupt) -> int:
    """Return the exit code of a program that was stopped."""
    return TERMINATED if isinstance(error, Terminated) else INTERRUPTED


def complain(line: str) -> None:
    """Print a line on stderr, if that can still be written."""
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)

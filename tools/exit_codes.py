"""Exit codes of every tool, and the one place that turns an error into a line and a code."""

import os
import sys

from pylayers.errors import CohortError, MachineError, ScanRefused, UsageError, WeightsError

DONE = 0
BUG = 1  # a traceback: ours to mend; or, in one line, the machine's failure
USAGE = 2
REFUSED = 3  # the scan must not be scored
NO_WEIGHTS = 4
BAD_COHORT = 5
NOT_TRAINED = 6  # training stopped before its end
INTERRUPTED = 130
PIPE_CLOSED = 141  # as shells count SIGPIPE


class TrainingStopped(Exception):
    """Training ended early; the message says why and what is kept."""


CODES = {
    UsageError: USAGE,
    WeightsError: NO_WEIGHTS,
    CohortError: BAD_COHORT,
    TrainingStopped: NOT_TRAINED,
    MachineError: BUG,
}


def refusal(error: ScanRefused) -> str:
    """Return the line that is printed for a refused scan."""
    return f"refused: {error.slug}: {error.sentence}"


def run(main) -> int:
    """Call main() and return the exit code; expected errors become one line on stderr."""
    try:
        return main() or DONE
    except ScanRefused as error:
        print(refusal(error), file=sys.stderr)
        return REFUSED
    except tuple(CODES) as error:
        print(f"error: {error}", file=sys.stderr)
        return next(code for kind, code in CODES.items() if isinstance(error, kind))
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except KeyboardInterrupt:
        print("stopped by Ctrl-C; finished work is kept", file=sys.stderr)
        return INTERRUPTED

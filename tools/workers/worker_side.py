"""The worker's side of tools/workers/worker_pool.py: begin once, then answer job after job."""

import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from pylayers.child_process import end_with_parent
from pylayers.errors import WeightsError, is_machine_failure, machine_error
from tools.workers.worker_pool import Lost, Unusable

READY = "ready"


def main(begin: Callable) -> None:
    """Run a worker process, which was started with the number of its socket.

    begin: function from the setup to the function that answers a job.
    """
    end_with_parent()
    try:
        serve(Connection(int(sys.argv[1])), begin)
    except (EOFError, ConnectionError):
        sys.exit(0)  # the other side closed or is gone


def serve(connection: Connection, begin: Callable) -> None:
    """Begin, say so, then answer each job until the other side closes."""
    try:
        answer = begin(connection.recv())
    except WeightsError as error:
        connection.send(Unusable(str(error)))
        return
    connection.send(READY)
    while True:
        job = connection.recv()
        try:
            connection.send(answer(job))
        except Exception as error:  # of whatever kind: the other scans must have their turn
            connection.send(Lost(sentence_of(error)))


def sentence_of(error: Exception) -> str:
    """Return a line about a failure that is not the scan's.

    Of a bug what and where, but no message, which may name folders.
    """
    if is_machine_failure(error):
        return str(machine_error(error, "the machine failed"))
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"unexpected {type(error).__name__} in {Path(place.filename).name}:{place.lineno}"

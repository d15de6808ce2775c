"""The child's side of an engine. Imports nothing that a rival's Python may lack."""

import os
import statistics
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection

from pylayers.child_process import end_with_parent
from pylayers.files.checkout import ROOT


def serve(operations: dict[str, Callable]) -> None:
    """Answer requests (operation, arguments) with (value, failure) until the parent closes."""
    end_with_parent()
    os.chdir(ROOT)  # the prototxts' paths are relative to it
    connection = Connection(int(sys.argv[1]))
    while True:
        try:
            operation, arguments = connection.recv()
        except EOFError:
            return
        try:
            connection.send((operations[operation](**arguments), None))
        except Exception:
            connection.send((None, traceback.format_exc().strip()))


def seconds_each(work: Callable[[int], None], warm: int, count: int) -> float:
    """Return the median seconds of work(1), done `count` times after `warm` that do not count.

    The median, as another tenant of the machine spoils some of them and not the others.
    """
    if warm:
        work(warm)
    seconds = []
    for _ in range(count):
        begin = time.perf_counter()
        work(1)
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)

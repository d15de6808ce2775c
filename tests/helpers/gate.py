"""A gate: processes under test wait at named points until the test lets them go on.

So a test kills or looks at a process that is certain to be at that point, however fast or slow the
machine is.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.processes import LIMIT_S, wait_for

FOLDER, STOPS = "SCAN2NUM_TEST_GATE", "SCAN2NUM_TEST_STOPS"  # environment of the processes


class Gate:
    """The test's side, in a new folder. stops: names of the points where processes wait."""

    def __init__(self, folder, *stops: str):
        folder = Path(folder)
        folder.mkdir(exist_ok=True)
        self.folder, self.stops = folder, stops
        self.env = {FOLDER: str(folder), STOPS: ",".join(stops)}

    def reached(self, process=None, *stops: str) -> list[int]:
        """Wait until a process is at each stop, or at these; return the pids of who came there.

        process: must not end before.
        """
        stops = stops or self.stops
        wait_for(lambda: set(stops) <= {name for name, _ in self.passed()}, process)
        pids = dict(self.passed())
        return [pids[stop] for stop in stops]

    def passed(self) -> list[tuple[str, int]]:
        """Every point that a process has come to so far, with its pid, in order."""
        log = self.folder / "log"
        lines = log.read_text().split("\n")[:-1] if log.exists() else []
        return [(name, int(pid)) for name, pid in (line.rsplit(" ", 1) for line in lines)]

    def open(self, *stops: str) -> None:
        """Let the processes go on, now and later; at these stops alone, if any are named."""
        for stop in stops or ("",):
            (self.folder / f"open {stop}").touch()


@contextmanager
def started(gate: Gate, program, *arguments, env=()) -> Iterator[subprocess.Popen]:
    """A Python program as a process at a gate; at the end it is killed unless it has ended."""
    with subprocess.Popen(
        [sys.executable, program, *map(str, arguments)],
        env=os.environ | gate.env | dict(env),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
            gate.open()


def come_to(name: str) -> None:
    """Say that this process has come to a point, and wait there when it is a stop."""
    folder = Path(os.environ[FOLDER])
    with (folder / "log").open("a") as log:
        log.write(f"{name} {os.getpid()}\n")
    if name not in os.environ[STOPS].split(","):
        return
    end = time.monotonic() + 2 * LIMIT_S
    while not any((folder / f"open {stop}").exists() for stop in (name, "")):
        if time.monotonic() > end:  # the test is gone
            os._exit(70)
        time.sleep(0.01)

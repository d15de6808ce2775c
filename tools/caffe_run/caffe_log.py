"""Caffe's log read as events. Patterns also match nan and inf: a diverged run must show."""

import os
import re
from typing import NamedTuple

NUMBER = r"(-?nan|-?inf|[-+0-9.eE]+)"
TRAINED = re.compile(rf"Iteration (\d+) \(.*\), loss = {NUMBER}")
PACE = re.compile(rf"Iteration \d+ \(\S+ iter/s, {NUMBER}s/\d+ iters\)")
TESTING = re.compile(r"Iteration (\d+), Testing net")
TEST_LOSS = re.compile(rf"Test net output #\d+: loss = {NUMBER}")
SNAPSHOT = re.compile(r"Snapshotting solver state to binary proto file .*_iter_(\d+)\.solverstate")
FATAL = re.compile(r"F\d{4,8} |[\w.]*(Error|Exception)\b")
TEST_MEAN = re.compile(rf"caffe\.cpp:\d+\] Loss: {NUMBER}")


class Event(NamedTuple):
    """kind: trained (loss averaged as the solver says), validated (loss) or snapshot (no loss)."""

    kind: str
    iteration: int
    loss: float


class LogReader:
    """Turns lines into events; the loss of a validation comes lines after its iteration."""

    def __init__(self) -> None:
        self.testing = None

    def event(self, line: str) -> Event | None:
        """Return the event that a line completes, if any."""
        if match := TRAINED.search(line):
            return Event("trained", int(match[1]), float(match[2]))
        if match := TESTING.search(line):
            self.testing = int(match[1])
        elif (match := TEST_LOSS.search(line)) and self.testing is not None:
            return Event("validated", self.testing, float(match[1]))
        elif match := SNAPSHOT.search(line):
            return Event("snapshot", int(match[1]), 0.0)
        return None


def read_events(path: str | os.PathLike[str]) -> list[Event]:
    """Return all events of a log file, none when it is missing.

    Iterations repeated after an interruption count once, with their last values.
    """
    if not os.path.exists(path):
        return []
    reader = LogReader()
    with open(path, errors="replace") as file:
        events = [event for event in map(reader.event, file) if event]
    last = {(event.kind, event.iteration): event for event in events}
    return sorted(last.values(), key=lambda event: event.iteration)


def training_s(path: str | os.PathLike[str]) -> float:
    """Return how long Caffe iterated by its own clock, validations included, in seconds."""
    with open(path, errors="replace") as file:
        return sum(float(match[1]) for match in map(PACE.search, file) if match)


def test_mean_loss(log: str) -> float | None:
    """Return the mean loss that `caffe test` prints at its end."""
    match = TEST_MEAN.search(log)
    return float(match[1]) if match else None


def last_error(log: str) -> str:
    """Return Caffe's last message on why it failed."""
    lines = [line for line in log.splitlines() if line.strip()]
    fatal = [line for line in lines if FATAL.match(line)]
    return (fatal or lines or ["no message"])[-1].split("] ", 1)[-1].strip()

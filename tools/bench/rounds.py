"""Rounds: things measured in turn, again and again, so that all see the same noise."""

import time
from collections.abc import Callable

from pylayers.command_line.progress_bar import progress_bar

FEWEST = 3  # rounds that are made even when time is over


def repeats(seconds: float, turn_s: float, fewest: int, most: int = 100) -> int:
    """Return how often to repeat what takes so long, to fill a turn within a round."""
    return min(most, max(fewest, round(turn_s / seconds)))


def interleaved(
    tasks: dict[str, Callable[[], float]], rounds: int, limit_s: float, name: str, quiet: bool
) -> dict[str, list[float]]:
    """Call every task once per round; return what they returned, a list per task.

    One round before them is not counted: it fills caches and wakes thread pools. Every second
    round goes in the opposite order. No round begins after limit_s, but FEWEST are made.
    """
    results = {task: [] for task in tasks}
    for measure in tasks.values():
        measure()
    begin = time.monotonic()
    for number in progress_bar(range(rounds), name=name, unit="round", quiet=quiet, keep=False):
        if number >= FEWEST and time.monotonic() - begin > limit_s:
            break
        for task in list(tasks)[:: 1 if number % 2 == 0 else -1]:
            results[task].append(tasks[task]())
    return results

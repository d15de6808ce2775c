"""When a training will end, by the pace of its iterations so far."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from tools.training.schedules import Schedule

SURE_S = 3.0  # a pace that was measured for less time says little
LONG_S = 86_400.0
MINUTE, HOUR, DAY = 60, 3600, 86_400


class Forecast:
    """The end of a training, estimated from its iterations after the first.

    The first one is left out: it waits for the first scans and touches all memory for the first
    time (32 s where the next ones took 18). Validations count as soon as there has been one.
    clock: seconds, monotonic.
    """

    def __init__(self, last: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.last = last
        self.clock = clock
        self.begin: tuple[int, float] | None = None
        self.now = (0, 0.0)

    def reached(self, iteration: int) -> None:
        """Take note of an iteration that has just been made."""
        self.now = (iteration, self.clock())
        self.begin = self.begin or self.now

    def pace_s(self) -> float | None:
        """Return seconds per iteration; None before they can be told."""
        if self.begin is None:
            return None
        iterations, seconds = (now - then for now, then in zip(self.now, self.begin, strict=True))
        return seconds / iterations if iterations > 0 and seconds >= SURE_S else None

    def left_s(self) -> float | None:
        """Return the seconds that are left; None before they can be told."""
        pace = self.pace_s()
        return None if pace is None else pace * max(0, self.last - self.now[0])


def end_text(left_s: float, now: datetime | None = None) -> str:
    """Return the local date and time that is so many seconds away."""
    end = (now or datetime.now()) + timedelta(seconds=left_s)
    return end.strftime("%Y-%m-%d %H:%M")


def duration_text(seconds: float) -> str:
    """Return a duration in words, in one or two units."""
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    minutes = round(seconds / MINUTE)
    if minutes < 2 * HOUR / MINUTE:
        return f"{minutes} min"
    if seconds < 2 * DAY:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{seconds / DAY:.0f} days"


def forecast_text(forecast: Forecast, advice: str, now: datetime | None = None) -> str:
    """Return when a training will end, and what to do where that is more than a day away.

    "" before it can be told, and at the end. advice: of long_training_advice.
    """
    left, pace = forecast.left_s(), forecast.pace_s()
    if not left or pace is None:
        return ""
    end = (
        f"ends about {end_text(left, now)}, in {duration_text(left)}, at {pace:.2g} s an iteration"
    )
    return f"{end}; {advice}" if left > LONG_S else end


def long_training_advice(schedule: Schedule, last: int, on_gpu: bool) -> str:
    """Return what makes a training so long, and what would be shorter."""
    shorter = "SCHEDULE=demo trains in minutes, with fewer and smaller iterations"
    gpu = "" if on_gpu else "; a GPU is many times faster (make setup CUDA=1)"
    return (
        f"{last:,} iterations of {schedule.slices * schedule.batch} slices: {shorter}{gpu}; "
        "Ctrl-C keeps a snapshot, from which make resume goes on"
    )

"""When a training will end: known after its first iterations, with what to do when that is days."""

import sys
from datetime import datetime

import pytest

from tools.caffe_run.caffe_log import Event
from tools.training import progress as progress_module
from tools.training.forecast import Forecast, duration_text, forecast_text, long_training_advice
from tools.training.progress import Progress
from tools.training.schedules import SCHEDULES

NOW = datetime(2026, 11, 26, 12, 0)


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


def run_to(forecast, clock, iteration, seconds):
    """Reach an iteration so many seconds later."""
    clock.seconds += seconds
    forecast.reached(iteration)


def test_the_pace_is_that_after_the_first_iteration(clock):
    forecast = Forecast(100, clock)
    run_to(forecast, clock, 0, 33.0)
    assert forecast.pace_s() is None and forecast.left_s() is None
    run_to(forecast, clock, 4, 72.0)
    assert (forecast.pace_s(), forecast.left_s()) == (18.0, 96 * 18.0)


def test_a_moment_is_too_little_to_go_by(clock):
    forecast = Forecast(100, clock)
    for iteration, known in ((0, False), (1, False), (2, False), (3, True)):
        run_to(forecast, clock, iteration, 1.0)
        assert (forecast.pace_s() is not None) == known


def test_validations_count(clock):
    forecast = Forecast(100, clock)
    run_to(forecast, clock, 0, 1.0)
    run_to(forecast, clock, 10, 10.0)
    run_to(forecast, clock, 10, 10.0)  # the same iteration, validated
    assert forecast.pace_s() == 2.0


def test_a_resumed_training_is_paced_from_where_it_goes_on(clock):
    forecast = Forecast(100, clock)
    run_to(forecast, clock, 60, 5.0)
    run_to(forecast, clock, 70, 20.0)
    assert forecast.left_s() == 60.0


def test_days_are_said_with_what_to_do(clock):
    forecast = Forecast(100_000, clock)
    advice = long_training_advice(SCHEDULES["paper"], 100_000, on_gpu=False)
    run_to(forecast, clock, 0, 33.0)
    assert forecast_text(forecast, advice, NOW) == ""
    run_to(forecast, clock, 4, 50.0)
    text = forecast_text(forecast, advice, NOW)
    assert text.startswith(
        "ends about 2026-12-10 23:12, in 14 days, at 12 s an iteration; 100,000 "
    )
    for part in ("iterations of 256 slices", "SCHEDULE=demo", "a GPU", "make setup CUDA=1"):
        assert part in text
    assert "\n" not in text


def test_hours_are_said_without_advice(clock):
    forecast = Forecast(150, clock)
    run_to(forecast, clock, 0, 5.0)
    run_to(forecast, clock, 1, 3.5)
    text = forecast_text(forecast, "advice", NOW)
    assert text == "ends about 2026-11-26 12:08, in 9 min, at 3.5 s an iteration"


def test_at_the_end_nothing_is_left_to_say(clock):
    forecast = Forecast(10, clock)
    run_to(forecast, clock, 0, 5.0)
    run_to(forecast, clock, 10, 50.0)
    assert forecast_text(forecast, "advice", NOW) == ""


def test_a_gpu_is_not_advised_to_who_has_one():
    assert "GPU" not in long_training_advice(SCHEDULES["paper"], 100_000, on_gpu=True)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "2 h 0 min"),
        (7200, "2 h 0 min"),
        (86_400, "24 h 0 min"),
        (172_800, "2 days"),
        (1_234_567, "14 days"),
    ],
)
def test_durations(seconds, text):
    assert duration_text(seconds) == text


# ---- shown ----


def play(progress, clock):
    """Two iterations, a validation."""
    for kind, iteration in (("trained", 0), ("trained", 4), ("trained", 8), ("validated", 10)):
        clock.seconds += 50.0
        progress.show(Event(kind, iteration, 0.5), kind == "validated")
    progress.close()


@pytest.fixture
def patched_clock(clock, monkeypatch):
    monkeypatch.setattr(progress_module, "Forecast", lambda last: Forecast(last, clock))
    return clock


def test_without_a_terminal_the_end_is_a_line_once_and_in_each_validation(patched_clock, capsys):
    play(Progress(100_000, False, 0, "do less"), patched_clock)
    first, validation = capsys.readouterr().out.splitlines()
    assert first.startswith("ends about 2") and first.endswith("an iteration; do less")
    assert validation.startswith("iteration 10/100000  loss 0.5  validation 0.5  ends 2")
    assert validation.endswith("  best so far")


def test_quiet_says_nothing(patched_clock, capsys):
    play(Progress(100_000, True, 0, "do less"), patched_clock)
    assert capsys.readouterr() == ("", "")


def test_a_terminals_bar_has_the_end(patched_clock, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    play(Progress(100_000, False, 0, "do less"), patched_clock)
    out, err = capsys.readouterr()
    assert out.count("ends about 2") == 1  # above the bar
    assert "validation 0.5, ends 2" in err


def test_a_training_too_short_to_tell_says_nothing_of_its_end(patched_clock, capsys):
    progress = Progress(4, False, 0, "do less")
    for iteration in range(4):
        progress.show(Event("trained", iteration, 0.5), False)
    progress.show(Event("validated", 4, 0.5), True)
    progress.close()
    assert "ends" not in capsys.readouterr().out

"""Caffe's log as events; no line about a diverged loss may be missed."""

import math

import pytest

from tools.caffe_run import caffe_log
from tools.caffe_run.caffe_log import Event, LogReader, last_error, read_events

PREFIX = "I1123 04:01:02.123456  4242 "


def solver(text):
    return f"{PREFIX}solver.cpp:239] {text}"


def events(*lines):
    reader = LogReader()
    return [event for event in map(reader.event, lines) if event]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.0123", 0.0123),
        ("1.2e-05", 1.2e-5),
        ("3.4E+12", 3.4e12),
        ("87", 87.0),
        ("inf", math.inf),
        ("-inf", -math.inf),
        ("nan", math.nan),
        ("-nan", math.nan),
    ],
)
def test_a_loss_of_any_kind_is_read(text, value):
    (trained,) = events(solver(f"Iteration 40 (1.51 iter/s, 13.2s/20 iters), loss = {text}"))
    assert trained[:2] == ("trained", 40)
    assert trained.loss == pytest.approx(value, nan_ok=True)
    _, validated = events(
        solver("Iteration 40 (-nan iter/s, 0s/20 iters), loss = 1"),
        solver("Iteration 40, Testing net (#0)"),
        solver(f"    Test net output #0: loss = {text} (* 1 = {text} loss)"),
    )
    assert validated[:2] == ("validated", 40)
    assert validated.loss == pytest.approx(value, nan_ok=True)


def test_a_validation_loss_belongs_to_the_iteration_named_last():
    assert events(
        solver("Iteration 20, Testing net (#0)"),
        solver("    Test net output #0: loss = 0.5 (* 1 = 0.5 loss)"),
        solver("Iteration 20 (2 iter/s, 10s/20 iters), loss = 0.7"),
        solver("    Train net output #0: loss = 0.6 (* 1 = 0.6 loss)"),
        f"{PREFIX}sgd_solver.cpp:112] Iteration 20, lr = 0.005",
        f"{PREFIX}solver.cpp:464] Snapshotting to binary proto file s/scan2num_iter_40.caffemodel",
        f"{PREFIX}sgd_solver.cpp:284] Snapshotting solver state to binary proto file "
        "s/scan2num_iter_40.solverstate",
        solver("Iteration 40, Testing net (#0)"),
        "score scan: 100%",
        solver("    Test net output #0: loss = 0.25 (* 1 = 0.25 loss)"),
    ) == [
        Event("validated", 20, 0.5),
        Event("trained", 20, 0.7),
        Event("snapshot", 40, 0.0),
        Event("validated", 40, 0.25),
    ]


def test_a_test_loss_without_an_iteration_is_no_validation():
    assert events(solver("    Test net output #0: loss = 0.5 (* 1 = 0.5 loss)")) == []


def test_a_log_file_with_broken_bytes_is_read(tmp_path):
    line = solver("Iteration 3 (1 iter/s, 1s/1 iters), loss = 2.5\n")
    (tmp_path / "log").write_bytes(b"\xff\xfe\n" + line.encode() + b"Iteration 4 (1 it")
    assert read_events(tmp_path / "log") == [Event("trained", 3, 2.5)]


@pytest.mark.parametrize(("text", "value"), [("0.00125", 0.00125), ("nan", math.nan)])
def test_the_mean_loss_of_caffe_test_is_its_loss_line_not_a_batchs(text, value):
    log = "\n".join(
        [
            f"{PREFIX}caffe.cpp:304] Batch 0, loss = 9",
            f"{PREFIX}caffe.cpp:309] Loss: {text}",
            f"{PREFIX}caffe.cpp:321] loss = {text} (* 1 = {text} loss)",
        ]
    )
    assert caffe_log.test_mean_loss(log) == pytest.approx(value, nan_ok=True)
    assert caffe_log.test_mean_loss(log.replace("Loss:", "")) is None


@pytest.mark.parametrize(
    ("log", "error"),
    [
        (
            "I1123 a.cpp:1] fine\nF1123 04:00:00.1 7 io.cpp:36] Check failed: fd != -1 (-1 vs. -1) "
            "File not found: x\n*** Check failure stack trace: ***\n    @ 0x7f google::x()\n",
            "Check failed: fd != -1 (-1 vs. -1) File not found: x",
        ),
        (
            "I1123 a.cpp:1] fine\nTraceback (most recent call last):\n  File x\n"
            "RuntimeError: scan a: a.h5: bad checksum\nterminate called\n*** Aborted\n",
            "RuntimeError: scan a: a.h5: bad checksum",
        ),
        ("I1123 a.cpp:1] one\nI1123 a.cpp:2] Killed\n\n", "Killed"),
        ("", "no message"),
    ],
    ids=["check", "exception", "neither", "empty"],
)
def test_the_last_error_is_the_line_that_says_why(log, error):
    assert last_error(log) == error

"""Trainings whose Caffe waits at a gate, begun by tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gate import Gate, started
from processes import workers_of

HERE = Path(__file__).resolve().parent
TRAIN = HERE / "gated_train.py"


def gated_env(gate: Gate) -> dict[str, str]:
    """Environment of a training whose Caffe comes to a gate."""
    paths = [str(HERE / "gated_caffe"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**gate.env, "PYTHONPATH": os.pathsep.join(paths)}


@contextmanager
def started_training(gate: Gate, *arguments, program=TRAIN) -> Iterator[tuple]:
    """A training process whose Caffe is at the gate's first stop, and that Caffe's pid."""
    with started(gate, program, *arguments, env=gated_env(gate)) as process:
        gate.reached(process, *gate.stops[:1])
        (caffe,) = workers_of(process.pid, "caffe")
        yield process, caffe

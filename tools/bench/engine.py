"""Engine: a child process that measures, and the requests to it."""

import sys
from typing import Any, Self

from pylayers.batch.prefetch import WORKERS
from pylayers.child_process import ChildProcess
from pylayers.files.checkout import ROOT
from tools.caffe_run.compute_engine import CHOICE

LIMIT_S = 300.0  # for one answer
RIVALS_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
HOW_TO_GET_RIVALS = "`make bench` installs the rivals into .venv-bench"


class EngineFailed(Exception):
    """A child died or raised; the message's last line says why."""


def rivals_python() -> str:
    """Return the Python of .venv-bench; EngineFailed when there is none."""
    if not RIVALS_PYTHON.exists():
        raise EngineFailed(f"there is no .venv-bench; {HOW_TO_GET_RIVALS}")
    return str(RIVALS_PYTHON)


def threads_env(threads: int) -> dict[str, str]:
    """Return the environment that limits every library in use to so many threads."""
    names = ("OPENBLAS", "OMP", "MKL")
    return {
        **{f"{name}_NUM_THREADS": str(threads) for name in names},
        "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": str(threads),
        "PYTHONWARNINGS": "ignore",  # of the rivals, on our terminal
    }


class Engine:
    """The module tools.bench.NAME as a process; a context manager that ends it, whatever happens.

    rival: run by the Python of .venv-bench instead of ours; EngineFailed when there is none.
    workers: that a data layer in it starts. layers: whose compute in Caffe on a CPU, "onednn" or
    "caffe" (default: as in this process).
    """

    def __init__(
        self,
        name: str,
        threads: int,
        rival: bool = False,
        workers: int = 0,
        layers: str | None = None,
    ) -> None:
        self.name = name
        python = rivals_python() if rival else sys.executable
        env = threads_env(threads) | {WORKERS: str(workers)}
        if layers:
            env[CHOICE] = layers
        self.child = ChildProcess(f"tools.bench.{name}", env=env, python=python)

    def ask(self, operation: str, **arguments: Any) -> Any:
        """Return what the child's operation returns; EngineFailed when it raises or dies."""
        self.child.send((operation, arguments))
        if not self.child.connection.poll(LIMIT_S):
            raise EngineFailed(f"{self.name}: no answer to {operation} within {LIMIT_S:g} s")
        answer = self.child.answer()
        if answer is None:
            raise EngineFailed(f"{self.name} {self.child.death()} at {operation}")
        value, failure = answer
        if failure:
            raise EngineFailed(f"{self.name}: {operation}: {failure}")
        return value

    @property
    def pid(self) -> int:
        """The process's number."""
        return self.child.process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.child.kill()

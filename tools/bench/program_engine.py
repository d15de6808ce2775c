"""A child that runs whole programs one at a time and measures each from its start to its end.

Programs are started here rather than by the benchmark: what Linux says of a process's peak memory
counts what it was forked from, and this child is small.
"""

import os
import subprocess
import time
from tempfile import TemporaryFile
from typing import BinaryIO

from pylayers.child_process import end_with_parent
from tools.bench.serve import serve

KIB = 1024


def run(command: list[str]) -> dict:
    """Run a program as a fresh process; return wall_s, peak_mib (resident) and its stdout.

    It has our environment, and so the number of threads that the engine was started with. Raises
    RuntimeError with its last words when it fails.
    """
    with TemporaryFile() as out, TemporaryFile() as err:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            preexec_fn=end_with_parent,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        said, complained = (_content(file) for file in (out, err))
    if process.returncode != 0:
        words = complained.strip().splitlines() or ["without a word"]
        raise RuntimeError(f"{command[1]} ended with code {process.returncode}: {words[-1]}")
    return {"wall_s": wall_s, "peak_mib": usage.ru_maxrss / KIB, "stdout": said}


def _content(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


if __name__ == "__main__":
    serve({"run": run})

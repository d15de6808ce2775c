"""Runs CMake's steps: all output goes to a log, progress to one line on the terminal."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from tools.caffe_build.cache_key import COMPILER, OPTIMISATION

PERCENT = re.compile(r"^\[ *(\d+)%\]")
ERROR = re.compile(r"\berror:|CMake Error|\*\*\* ")
TAIL_LINES = 30


class BuildError(Exception):
    """A step of the build failed; the message holds the end of the log and its path."""


def build(source: Path, folder: Path, defines: dict[str, object], log: Path, title: str) -> None:
    """Configure `source` in `folder`, compile on all cores, and install.

    `defines` become -D options. `log` is overwritten. Raises BuildError.
    """
    defines = {
        "CMAKE_BUILD_TYPE": "Release",
        "CMAKE_CXX_FLAGS_RELEASE": OPTIMISATION,
        "CMAKE_CXX_COMPILER": COMPILER,
        "Python3_EXECUTABLE": sys.executable,
        "Python3_FIND_VIRTUALENV": "ONLY",
        **defines,
    }
    cores = len(os.sched_getaffinity(0))
    options = [f"-D{name}={value}" for name, value in defines.items()]
    log.unlink(missing_ok=True)
    _step(["cmake", "-G", "Unix Makefiles", "-S", source, "-B", folder, *options], log, title)
    _step(["cmake", "--build", folder, "--parallel", cores], log, title)
    _step(["cmake", "--install", folder], log, title)


def _step(command: list[object], log: Path, title: str) -> None:
    # Keep the shell's CXXFLAGS and LDFLAGS and the outer make's job server out of this build.
    leave_out = ("CXXFLAGS", "CPPFLAGS", "LDFLAGS", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    env = {name: value for name, value in os.environ.items() if name not in leave_out}
    progress = _Progress(title)
    with log.open("a", encoding="utf-8") as out:
        out.write(f"$ {' '.join(map(str, command))}\n")
        try:
            process = subprocess.Popen(
                [str(part) for part in command],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except FileNotFoundError:
            raise BuildError(f"{command[0]} is not installed; `make setup` installs it") from None
        with process:
            for line in process.stdout:
                out.write(line)
                progress.show(line)
    progress.end()
    if process.returncode != 0:
        lines = log.read_text(encoding="utf-8").splitlines()
        # With several compilers running, the error itself may be far above the end.
        errors = [line for line in lines[:-TAIL_LINES] if ERROR.search(line)][:5]
        last = f"{title}: failed. The whole log: {log}"
        raise BuildError("\n".join([*lines[-TAIL_LINES:], *errors, last]))


class _Progress:
    """`title: 42 %, 61 s`: rewritten in place on a terminal, else a line every 20 %."""

    def __init__(self, title: str) -> None:
        self.title, self.start, self.shown = title, time.monotonic(), None

    def show(self, line: str) -> None:
        match = PERCENT.match(line)
        percent = int(match[1]) if match else None
        if percent is None or percent == self.shown:
            return
        terminal = sys.stdout.isatty()
        if not terminal and self.shown is not None and percent < self.shown + 20:
            return
        self.shown = percent
        text = f"{self.title}: {percent} %, {time.monotonic() - self.start:.0f} s"
        print(f"\r{text}\033[K" if terminal else text, end="" if terminal else "\n", flush=True)

    def end(self) -> None:
        if self.shown is not None and sys.stdout.isatty():
            print(flush=True)

"""Child process: a fresh Python with a connection of its own, which never outlives us.

Fresh rather than forked: it inherits no signal handlers, GPU context, threads or pipes of ours, and
no memory that would have to be copied when we write to it.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from multiprocessing.connection import Pipe
from typing import Any

from pylayers.files.checkout import ROOT

END_S = 10.0  # for an idle process to end
PR_SET_PDEATHSIG = 1  # prctl: signal for the child when its parent dies
# The other processes need the other cores.
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1",
}


class ChildProcess:
    """A Python module of this checkout run as a process of one thread.

    Its arguments are the numbers of its end of the connection and of `files`, descriptors that it
    shares with us. python: another interpreter than ours.
    """

    def __init__(
        self,
        module: str,
        files: tuple[int, ...] = (),
        env: dict | None = None,
        python: str = sys.executable,
    ) -> None:
        self.connection, its_end = Pipe()
        shared = (its_end.fileno(), *files)
        paths = filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))
        self.process = subprocess.Popen(
            # -P: nothing is imported from the folder that it happens to run in
            [python, "-P", "-m", module, *map(str, shared)],
            stdin=subprocess.DEVNULL,
            stdout=2,
            pass_fds=shared,
            env=os.environ | ONE_THREAD | {"PYTHONPATH": os.pathsep.join(paths)} | (env or {}),
            process_group=0,  # Ctrl-C of the terminal reaches us alone
        )
        its_end.close()

    def send(self, message: Any) -> None:
        """Send a message; whether the child is dead is found out by waiting for its answer."""
        with contextlib.suppress(OSError):
            self.connection.send(message)

    def answer(self) -> Any:
        """Return what the child sent; None when it is dead."""
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        """Close the connection, which ends an idle child; kill it if it does not end."""
        self.connection.close()
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the process at once."""
        self.connection.close()
        self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # it may hang in a dead file system
            self.process.wait(END_S)

    def death(self) -> str:
        """Return, once the child is dead, how it died."""
        self.end()
        code = self.process.returncode
        if code == -signal.SIGKILL:
            return "was killed, as when memory runs out"
        if code is not None and code < 0:
            return f"crashed ({signal.Signals(-code).name})"
        return f"ended with code {code}"


def end_with_parent() -> None:
    """In a child: be killed when the parent dies, even by kill -9 and in the middle of work."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

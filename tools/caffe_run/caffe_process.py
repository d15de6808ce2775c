"""`caffe train` as a child whose log goes straight to a file and is followed from there.

The log is whole whatever happens to us, and signals to us become Caffe's clean stop.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from types import FrameType
from typing import BinaryIO

from pylayers.child_process import PR_SET_PDEATHSIG
from pylayers.files.checkout import ROOT
from tools.caffe_run.caffe_install import caffe_binary

POLL_S = 0.1


class CaffeProcess:
    """A running Caffe that adds to a log file; what it adds is read line by line as it grows.

    env: added to our environment. files: descriptors that it inherits and so keeps open while it
    runs.
    """

    def __init__(
        self,
        arguments: list[str],
        log_path: str | os.PathLike[str],
        env: dict[str, str],
        files: tuple[int, ...] = (),
    ) -> None:
        self.log_path = log_path
        self.stopping = False
        libc = ctypes.CDLL(None)

        def before_caffe() -> None:
            # when we are killed, Caffe still stops cleanly
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)
            # a scheduler may send SIGTERM to all processes: Caffe would die without a snapshot
            signal.signal(signal.SIGTERM, signal.SIG_IGN)

        with open(log_path, "ab+") as log:
            end_last_line(log)
            self.log_start = log.tell()
            self.process = subprocess.Popen(
                [str(caffe_binary()), *arguments],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"GLOG_logtostderr": "1", "PYTHONUNBUFFERED": "1"} | env,
                pass_fds=files,
                process_group=0,  # Ctrl-C of the terminal reaches us alone
                preexec_fn=before_caffe,
            )

    def stop(self) -> None:
        """Ask Caffe, once, to finish its iteration and write a snapshot."""
        if not self.stopping and self.process.poll() is None:
            self.stopping = True
            self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End Caffe at once."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()

    def lines(self) -> Iterator[str]:
        """Yield the whole lines that Caffe adds until it has ended and all is read."""
        with open(self.log_path, errors="replace") as log:
            log.seek(self.log_start)
            partial = ""
            while True:
                ended = self.process.poll() is not None
                text = log.read()
                *whole, partial = (partial + text).split("\n")
                yield from whole
                if ended and not text:
                    break
                time.sleep(POLL_S)

    def added(self) -> str:
        """Return what this Caffe has added to the log."""
        with open(self.log_path, errors="replace") as log:
            log.seek(self.log_start)
            return log.read()

    @contextlib.contextmanager
    def stopped_by_signals(self) -> Iterator[None]:
        """Within, SIGTERM, Ctrl-C and a lost terminal stop Caffe cleanly instead of ending us."""

        def handle(number: int, frame: FrameType | None) -> None:
            self.stop()

        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # not under nohup
            numbers.append(signal.SIGHUP)
        before = {number: signal.signal(number, handle) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if self.process.poll() is None:
                self.kill()


def end_last_line(log: BinaryIO) -> None:
    """End a log, opened in binary to append, in a newline; a kill may have cut its last line."""
    if log.seek(0, os.SEEK_END):
        log.seek(-1, os.SEEK_END)
        if log.read(1) != b"\n":
            log.write(b"\n")
            log.flush()

"""`caffe train` as a child whose log goes straight to a file and is followed from there.

The log is whole whatever becomes of us, and signals meant for us become Caffe's clean stop.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time

from pylayers.child_process import PR_SET_PDEATHSIG
from tools.caffe_install import ROOT, caffe_binary

POLL_S = 0.1


class CaffeProcess:
    """A running Caffe; its log file is read line by line as it grows."""

    def __init__(self, arguments: list[str], log_path):
        self.log_path = log_path
        self.stopping = False
        libc = ctypes.CDLL(None)
        with open(log_path, "wb") as log:
            self.process = subprocess.Popen(
                [str(caffe_binary()), *arguments],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"GLOG_logtostderr": "1", "PYTHONUNBUFFERED": "1"},
                # Ctrl-C of the terminal reaches us alone; were we killed, Caffe still stops cleanly
                process_group=0,
                preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT),
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

    def lines(self):
        """Yield the whole lines of the log until Caffe has ended and all is read."""
        with open(self.log_path, errors="replace") as log:
            partial = ""
            while True:
                ended = self.process.poll() is not None
                text = log.read()
                *whole, partial = (partial + text).split("\n")
                yield from whole
                if ended and not text:
                    break
                time.sleep(POLL_S)

    @contextlib.contextmanager
    def stopped_by_signals(self):
        """Within, SIGTERM and Ctrl-C stop Caffe cleanly instead of ending us."""

        def handle(number, frame):
            self.stop()

        before = {s: signal.signal(s, handle) for s in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if self.process.poll() is None:
                self.kill()

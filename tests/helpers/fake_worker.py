"""A worker without Caffe; what it does to a scan is in the name of the scan."""

import os
import signal
import sys
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path

from pylayers.child_process import end_with_parent
from tests.helpers.processes import wait_for
from tools.workers.worker_pool import Lost, Unusable


def serve(connection):
    setup = connection.recv()
    if setup.runs == ("die",):
        os._exit(3)
    if setup.runs == ("unusable",):
        connection.send(Unusable("no such weights"))
        return
    connection.send("ready")
    while True:
        job = connection.recv()
        do(job, Path(setup.runs[0]))
        connection.send(Lost("a bug") if "bug" in job.scan_id else f"scored {job.scan_id}")


def whole_lines(log):
    return log.read_text().split("\n")[:-1]


def do(job, log):
    with log.open("a") as file:
        file.write(f"{job.scan_id} {os.getpid()}\n")
    first = log.read_text().count(f"{job.scan_id} ") == 1
    Path(tempfile.mkdtemp(), "unpacked").touch()
    if "meet" in job.scan_id:  # once as many workers as the name says are at work
        wanted = int(job.scan_id.split("-")[1])
        wait_for(lambda: len({line.split()[1] for line in whole_lines(log)}) >= wanted)
    if "killed" in job.scan_id and (first or "twice" in job.scan_id):
        os.kill(os.getpid(), signal.SIGKILL)
    if "orphan" in job.scan_id and (first or "twice" in job.scan_id):
        os.kill(os.getppid(), signal.SIGKILL)
        signal.pause()
    if "abort" in job.scan_id and (first or "twice" in job.scan_id):
        os.kill(os.getpid(), signal.SIGABRT)
    if "hang" in job.scan_id and (first or "twice" in job.scan_id):
        signal.pause()


end_with_parent()
try:
    serve(Connection(int(sys.argv[1])))
except EOFError:
    sys.exit(0)

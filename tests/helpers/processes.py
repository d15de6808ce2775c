"""Looking at a run from outside: its processes and how far its journal is."""

import time
from pathlib import Path


def workers_of(pid, what="score_worker"):
    """Pids of a process's children whose command line has a word."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rsplit(")", 1)[1].split()[1])
            command = (path.parent / "cmdline").read_text()
        except OSError:
            continue
        if parent == pid and what in command:
            found.append(int(path.parent.name))
    return found


def running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition, limit_s=30.0):
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def finished(journal):
    """How many scans a journal holds."""
    return journal.read_bytes().count(b"\n") - 1 if journal.exists() else 0

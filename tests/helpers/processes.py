"""Looking at a run from outside: its processes and how far its journal is."""

import time
from pathlib import Path

LIMIT_S = 300.0  # for what must happen, on a machine that may be busy with other work


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


def wait_for(condition, process=None):
    """Wait for what must happen, and before `process` ends, where that is given."""
    end = time.monotonic() + LIMIT_S
    while not condition():
        if process is not None and process.poll() is not None:
            assert condition(), f"the process ended too early, with code {process.returncode}"
        assert time.monotonic() < end, f"it did not happen within {LIMIT_S:g} s"
        time.sleep(0.01)


def finished(journal):
    """How many scans a journal holds."""
    return journal.read_bytes().count(b"\n") - 1 if journal.exists() else 0

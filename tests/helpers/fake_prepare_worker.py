"""prepare_cohort's worker, but for scans whose names say what befalls them.

The first time only: a file of the scan's name in the cohort folder tells of it; it has the number
of the process.
"""

import errno
import os
import signal
from pathlib import Path

from tools.workers import prepare_worker
from tools.workers.worker_side import main


def begin(setup):
    answer = prepare_worker.begin(setup)

    def befallen(job):
        told = Path(setup.cohort, job.scan_id)
        if not told.exists() or "twice" in job.scan_id:
            befall(job.scan_id, told)
        return answer(job)

    return befallen


def befall(name, told):
    if "hang" in name:
        told.write_text(f"{os.getpid()}\n")
        signal.pause()
    elif "killed" in name:
        told.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    elif "memory" in name:
        raise MemoryError
    elif "bug" in name:
        raise ValueError("/secret/place")
    elif "full" in name:

        def full(_):
            raise OSError(errno.ENOSPC, "No space left on device")

        os.fsync = full


if __name__ == "__main__":
    main(begin)

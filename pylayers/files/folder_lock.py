"""Lock on a folder: one program at a time works in it, with the children that share its lock."""

import contextlib
import fcntl
import os
import sys
import time
from pathlib import Path
from typing import Self

from pylayers.errors import UsageError
from pylayers.files.checkout import relative

ORPHAN_S = 120.0  # for a Caffe whose program was killed to end its iteration and write a snapshot
POLL_S = 0.2
LOCK = ".lock"
COHORT_WORK = "prepare_cohort or split_cohort"  # what writes a cohort folder


class FolderLock:
    """Held while entered; `file` is its descriptor, and a child that inherits it holds it, too.

    The folder is made. Raises UsageError when it cannot be written, or while another program does
    `work` there. Where that program is dead, its children are waited for: they are about to end.
    """

    def __init__(self, path: str | os.PathLike[str], work: str) -> None:
        self.path, self.work = Path(path), work

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.file = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise UsageError(f"{relative(self.path)} cannot be written: {error.strerror}") from None
        try:
            self._lock()
        except BaseException:
            os.close(self.file)
            raise
        with contextlib.suppress(OSError):  # a full disk is reported elsewhere
            os.truncate(self.file, 0)
            os.pwrite(self.file, str(os.getpid()).encode(), 0)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.file)

    def _lock(self) -> None:
        begin, waited = time.monotonic(), False
        while not self._is_ours():
            if self._holder_lives() or time.monotonic() - begin > ORPHAN_S:
                raise UsageError(f"another {self.work} is at work in {relative(self.path)}")
            if not waited:
                print(
                    f"waiting for the processes of a {self.work} that was killed", file=sys.stderr
                )
            waited = True
            time.sleep(POLL_S)

    def _is_ours(self) -> bool:
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise UsageError(
                f"{relative(self.path)} cannot be locked: {error.strerror}; choose a file "
                "system that knows flock"
            ) from None
        return True

    def _holder_lives(self) -> bool:
        """Return whether the program that took the lock runs; True while it writes its number."""
        number = os.pread(self.file, 20, 0)
        try:
            stat = Path(f"/proc/{int(number)}/stat").read_text()
        except ValueError:
            return True
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] not in ("Z", "X")  # ended and not yet reaped

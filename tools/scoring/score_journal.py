"""The journal of a run over many scans: what is finished, kept line by line until the end.

The first line says what the numbers are made with; each further line is one scan. A line counts
once it is whole, so that the process may be killed at any moment.
"""

import errno
import fcntl
import json
import os
from os import PathLike
from pathlib import Path

from pylayers.errors import MachineError, UsageError

KINDS = {  # of what the first line says, in words
    "preprocessing": "preprocessing",
    "caffe": "Caffe",
    "caffe_commit": "Caffe",
    "onednn": "oneDNN",
    "engine": "--engine",
    "onnxruntime": "ONNX Runtime",
    "numpy": "numpy",
    "weights_sha256": "weights",
    "nets_sha256": "nets",
    "views": "views",
    "device": "--device",
    "allow_uneven": "--allow-uneven",
    "contributions": "--contributions",
    "offsets": "--offsets",
    "resample": "--resample",
    "shard": "--shard",
    "scans_sha256": "list of scans",
    "all_scans_sha256": "list of scans",
}


class Journal:
    """An open, locked journal. entries: scan_id -> what was kept of the scan.

    head: what the numbers are made with, JSON. Raises UsageError while another run holds it.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        try:
            self.file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written: {error.strerror}") from None
        try:
            self._lock()
            self.head, self.entries = self._read()
        except UsageError:
            os.close(self.file)
            raise

    def _lock(self) -> None:
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = os.path.samestat(os.fstat(self.file), os.stat(self.path))
        except (BlockingIOError, FileNotFoundError):
            ours = False
        except OSError as error:
            raise UsageError(f"{self.path} cannot be locked: {error.strerror}") from None
        if not ours:  # held, or removed by a run that has just ended
            raise UsageError(f"another run is at work on {self.path.name}; two cannot share --out")

    def _read(self) -> tuple[dict | None, dict[str, dict]]:
        """Return head and entries; what follows the last whole line is cut off."""
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        os.ftruncate(self.file, len(whole))
        head, entries = None, {}
        for number, line in enumerate(whole.splitlines()):
            try:
                entry = json.loads(line)
                if number == 0:
                    head = entry["made_with"]
                else:
                    entries[entry["scan_id"]] = entry
            except (ValueError, KeyError, TypeError):
                if number == 0:
                    raise UsageError(
                        f"{self.path} is damaged; delete it to score from the start"
                    ) from None
        return head, entries

    def begin(self, head: dict) -> None:
        """Write the first line, or check that a journal to go on with has the same (UsageError)."""
        if self.head is None:
            self.head = head
            self._write({"made_with": head})
        elif self.head != head:
            raise UsageError(
                f"{self.path} is of a run with {difference(self.head, head)}; delete it to score "
                "from the start, or choose another --out"
            )

    def add(self, entry: dict) -> None:
        """Keep a finished scan: JSON with its scan_id. Raises MachineError on a full disk."""
        self._write(entry)
        self.entries[entry["scan_id"]] = entry

    def close(self, remove: bool = False) -> None:
        """Let go of the journal; one without a first line is removed in any case."""
        if remove or self.head is None:
            self.path.unlink(missing_ok=True)
        os.close(self.file)

    def _write(self, entry: dict) -> None:
        line = json.dumps(entry).encode() + b"\n"
        try:
            if os.write(self.file, line) < len(line):  # at once, or a Ctrl-C could tear it
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self.file)
        except OSError as error:
            raise MachineError(
                f"{self.path} cannot be written: {error.strerror}; finished scans are kept, "
                "--continue goes on"
            ) from None


def difference(one: dict, other: dict) -> str:
    """Return in words what differs between two runs' heads."""
    kinds = [word for key, word in KINDS.items() if one.get(key) != other.get(key)]
    return f"other {', '.join(dict.fromkeys(kinds)) or 'version of scan2num'}"

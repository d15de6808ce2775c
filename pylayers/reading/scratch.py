"""Scratch: a folder for temporary files; that none can be made is the machine's failure."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pylayers.errors import MachineError


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an empty folder in TMPDIR; MachineError when none can be made."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="scan2num-")
    except OSError:  # its text may list folders
        raise MachineError(
            "no folder for temporary files can be made; set TMPDIR to one with room and try again"
        ) from None
    with folder as path:
        yield Path(path)

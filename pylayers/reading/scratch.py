"""Scratch: a folder for temporary files, gone afterwards; that there is none is no scan's fault."""

import tempfile
from contextlib import contextmanager
from pathlib import Path

from pylayers.errors import MachineError


@contextmanager
def scratch_folder():
    """Yield an empty folder in TMPDIR; MachineError when none can be made."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="scan2num-")
    except OSError:  # its text may list folders
        raise MachineError(
            "no folder for temporary files can be made; set TMPDIR to one with room and try again"
        ) from None
    with folder as path:
        yield Path(path)

"""How often a scan was begun: empty files in the scratch folder that all machines see.

A machine that dies leaves its note, whoever has the scan next.
"""

import os
from pathlib import Path

MOST_TRIES = 2


def begun(scratch: str, scan_id: str) -> int:
    """Note that a scan is begun; return for which time, MOST_TRIES + 1 at the most."""
    for tries in range(1, MOST_TRIES + 1):
        try:  # the server of a network disk decides who makes it
            file = os.open(_note(scratch, scan_id, tries), os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            continue
        os.close(file)
        return tries
    return MOST_TRIES + 1


def forget(scratch: str, scan_id: str) -> None:
    """Remove the notes of a scan that is answered."""
    for tries in range(1, MOST_TRIES + 1):
        _note(scratch, scan_id, tries).unlink(missing_ok=True)


def _note(scratch: str, scan_id: str, tries: int) -> Path:
    return Path(scratch, f"{scan_id}.try{tries}")

"""A folder for what worker processes unpack, empty at the start and gone at the end."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pylayers.errors import UsageError


@contextmanager
def scratch_folder(path: Path) -> Iterator[str]:
    """Yield a folder's absolute path; what a killed run left there is removed first.

    UsageError when it cannot be made.
    """
    shutil.rmtree(path, ignore_errors=True)
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be made: {error.strerror}") from None
    try:
        yield str(path.absolute())
    finally:
        shutil.rmtree(path, ignore_errors=True)

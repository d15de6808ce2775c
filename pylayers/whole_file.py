"""Files that appear whole or not at all."""

import os
import re
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path):
    """Yield a hidden path beside `path` to write to; it takes the name `path` at the end.

    When the block fails, neither file is left.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield partial
        with open(partial, "rb") as file:
            os.fsync(file.fileno())  # a name that outlives a power cut has its content, too
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def remove_partials(folder) -> None:
    """Remove what killed programs left of files that they were writing below a folder."""
    for path in Path(folder).rglob(".*"):
        if re.fullmatch(r"\..+\.\d+", path.name) and path.is_file():
            path.unlink()

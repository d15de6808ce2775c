"""Folder walk: the files of a folder and of those below it, the same for every tool that looks."""

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path

MAX_FILES = 20_000  # of one scan, and slices


def folders_of(folder: str | os.PathLike[str]) -> Iterator[tuple[Path, list[Path]]]:
    """Yield every folder from `folder` down, with the paths of its files, sorted.

    Hidden names are passed over: snapshots, waste baskets and a Mac's notes on each file hold
    second copies. Symbolic links are followed, but no folder is visited twice; links come after
    all real folders, so that files go by their own names. Raises OSError for a folder that cannot
    be read.
    """
    visited, waiting = set(), deque([Path(folder)])
    while waiting:
        place = waiting.popleft()
        status = os.stat(place)
        paths = sorted(place / name for name in os.listdir(place) if not name.startswith("."))
        if (status.st_dev, status.st_ino) in visited:
            continue
        visited.add((status.st_dev, status.st_ino))
        folders = [path for path in paths if os.path.isdir(path)]
        yield place, sorted(set(paths) - set(folders))
        waiting.extendleft(path for path in reversed(folders) if not path.is_symlink())
        waiting.extend(path for path in folders if path.is_symlink())

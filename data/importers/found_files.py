"""Files below a study's folder, in a fixed order and none from outside it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from data.importers.left_out import LeftOut
from pylayers.command_line.progress_bar import progress_bar
from pylayers.errors import CohortError


class FoundFiles(NamedTuple):
    """What lies below a folder: the wanted files, links that lead out, folders that do not open."""

    files: list[Path]
    links: list[Path]
    closed: list[Path]


def find_files(folder: str | os.PathLike[str], wanted: Callable[[str], bool]) -> FoundFiles:
    """Return the files for whose name wanted(name) is true, anywhere below a folder, sorted.

    Links to folders are not followed; links to files only within the folder. Raises CohortError
    when there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CohortError(f"there is no folder {folder}")
    root = folder.resolve()
    files, links, closed = [], [], []

    def not_opened(error: OSError) -> None:
        closed.append(Path(error.filename))

    for place, folders, names in os.walk(root, onerror=not_opened):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if not wanted(name):
                continue
            if path.is_symlink() and not is_file_within(path, root):
                links.append(path)
            elif path.is_file():
                files.append(path)
    return FoundFiles(sorted(files), sorted(links), sorted(closed))


def is_file_within(link: Path, root: Path) -> bool:
    """Return whether a link ends at a file below root."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):  # dangling, or a loop
        return False
    return target.is_file() and target.is_relative_to(root)


def one_each(files: list[Path]) -> list[Path]:
    """Return files without those that are links to another of them."""
    unique = {}
    for path in sorted(files, key=lambda path: (path.is_symlink(), path)):
        unique.setdefault(path.resolve(), path)
    return sorted(unique.values())


def path_from(table: Path, file: Path) -> str | None:
    """Return a file's path relative to a table's folder, None when a table cannot hold it.

    Tables are UTF-8, and their cells are stripped when read.
    """
    text = Path(os.path.relpath(file, table.parent.resolve())).as_posix()
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return None
    return text if text == text.strip() and text.isprintable() else None


def search(folder: Path, wanted: Callable[[str], bool], left: LeftOut, quiet: bool) -> list[Path]:
    """Return find_files' files, with a progress bar; links and closed folders go to `left`."""
    with progress_bar(name=f"search {folder.name}", unit="file", quiet=quiet) as bar:

        def counted(name: str) -> bool:
            bar.update()
            return wanted(name)

        found = find_files(folder, counted)
    for link in found.links:
        left.add("", "link", f"{shown(link)} is a link that leads out of the folder or nowhere")
    for closed in found.closed:
        left.add("", "folder-closed", f"the folder {shown(closed)} could not be opened")
    return found.files


def shown(path: Path) -> str:
    """Return the last two parts of a path, safe to print and to write as UTF-8."""
    text = "/".join(path.parts[-2:])
    return "".join(c if c.isprintable() else "?" for c in text)

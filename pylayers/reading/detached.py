"""Detached voxels: the files beside a header that hold them, one or many; none outside its folder.

Many are named by a list or a numbered pattern, nearly alike in NRRD (section 3 of
https://teem.sourceforge.net/nrrd/format.html) and in MetaImage (ElementDataFile in MetaIO).
"""

import re
from collections.abc import Iterable, Sequence
from math import prod
from pathlib import Path

from pylayers.errors import ScanRefused
from pylayers.reading.fields import shortened, unreadable, utf8

LONGEST_NAME = 4096  # bytes of a path on Linux
PATTERN = re.compile(r"([^%]*)%(0?)(\d{0,2})d([^%]*?)((?:\s+-?\d{1,9}){0,4})")


def beside(header_path: Path, name: str) -> Path:
    """Return the file that a header names; ScanRefused unless it lies in the header's folder."""
    path = file_beside(header_path, name)
    if path is None:
        raise unreadable(header_path.name, f"its voxels, {shortened(name)}, are not beside it")
    return path


def file_beside(header_path: Path, name: str) -> Path | None:
    """Return the file that a header names, None when it does not exist; ScanRefused outside.

    Windows writes names with backslashes.
    """
    folder = header_path.parent.resolve()
    try:
        path = (folder / utf8(name)).resolve()
        if not path.is_relative_to(folder):
            raise ScanRefused(
                "outside-folder",
                f"{header_path.name} names voxels outside its own folder; they are not read",
            )
        if path.is_file():
            return path
    except (OSError, ValueError, RuntimeError):  # too long, a null byte, a loop of links
        pass
    return file_beside(header_path, name.replace("\\", "/")) if "\\" in name else None


def files_named(
    header_path: Path, text: str, listed: list[str], sizes: Sequence[int]
) -> tuple[Path, ...]:
    """Return the files that hold the voxels, in order, each an equal share of them.

    text: what the header says, a name, `LIST [dimensions of each file]` or `PATTERN [first [last
    [step [dimensions of each file]]]]`; listed: lines that follow it; sizes: all axes, fastest
    first. Raises ScanRefused when a file is missing, lies elsewhere, or their number is wrong.
    """
    words = text.split()
    if words[:1] == ["LIST"]:
        names = [line.strip() for line in listed if line.strip()]
        axes_text = words[1].upper().removesuffix("D") if len(words) == 2 else ""
        if len(words) > 2 or (axes_text and not axes_text.isdecimal()):
            raise unreadable(header_path.name, f"{shortened(text)!r} is not a list of files")
        slabs = (
            not axes_text and names and sizes[-1] % len(names) == 0
        )  # the number of bytes will tell
        return counted(header_path, names, int(axes_text or len(sizes) - (not slabs)), sizes)
    match = PATTERN.fullmatch(text) if len(text) <= LONGEST_NAME else None
    if match is None or file_beside(header_path, text) is not None:
        return (beside(header_path, text),)
    before, zero, width, after, more = match.groups()
    first, last, step, axes, *_ = [*map(int, more.split()), *[None] * 4]
    expected = prod(sizes[len(sizes) - 1 if axes is None else axes :])
    first = 1 if first is None else first  # as MetaIO counts
    if last is None:
        last = first + expected - 1
    if step is None:
        step = 1 if last >= first else -1
    if step == 0 or (last - first) // step >= prod(sizes):
        raise unreadable(header_path.name, f"{shortened(text)!r} is not a pattern of files")
    # the header's number is not trusted: each file must exist before the next is named
    numbered = range(first, last + (1 if step > 0 else -1), step)
    names = (f"{before}{number:{zero}{width}d}{after}" for number in numbered)
    return counted(header_path, names, len(sizes) - 1 if axes is None else axes, sizes)


def counted(
    header_path: Path, names: Iterable[str], axes: int, sizes: Sequence[int]
) -> tuple[Path, ...]:
    """Return the named files; ScanRefused unless their number fits the axes beyond each file's."""
    name = header_path.name
    if not 1 <= axes <= len(sizes):
        raise unreadable(
            name, f"each of its files is stated to have {axes} dimensions; it has {len(sizes)}"
        )
    paths = tuple(beside(header_path, one) for one in names)
    if len(set(paths)) < len(paths):
        raise unreadable(name, "one file of voxels is named twice")
    expected = prod(sizes[axes:])
    if axes == len(sizes):  # slabs along the slowest axis
        expected = len(paths) if paths and sizes[-1] % len(paths) == 0 else sizes[-1]
    if len(paths) != expected:
        raise ScanRefused(
            "truncated" if len(paths) < expected else "size-mismatch",
            f"{name} names {len(paths):,} files of voxels; its sizes need {expected:,}",
        )
    return paths

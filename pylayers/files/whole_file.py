"""Files that appear whole or not at all."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from pylayers.errors import MachineError
from pylayers.files.output_place import place_of

ENDING_LENGTH = 10
NAME_LENGTH = 50  # of a file's own name in the hidden one's: at most 200 of the 255 bytes allowed


class NotWritten(MachineError, OSError):
    """A file could not be written; what was there before is untouched."""

    def __init__(self, path: str | os.PathLike[str], error: OSError) -> None:
        super().__init__(error.errno, error.strerror or str(error))
        self.path = path

    def __str__(self) -> str:
        return f"{self.path} cannot be written: {self.strerror}"

    def __reduce__(self) -> tuple:
        return type(self), (self.path, OSError(self.errno, self.strerror))


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a path to write to; at the end what was written is at `path`.

    A plain file appears by a rename; a link stays and its target is what is renamed to; a device, a
    pipe or /dev/stdout is written into. When the block fails, nothing of the file is left. Raises
    NotWritten when the disk is full or the file cannot be written for another reason.
    """
    of_another_file = None
    try:
        with _partial(path) as partial:
            try:
                yield partial
            except OSError as error:
                if error.filename is not None and str(error.filename) != str(partial):
                    of_another_file = error
                raise
    except (BrokenPipeError, NotWritten):  # the reader has seen enough; a file within the block
        raise
    except OSError as error:
        if error is of_another_file:
            raise
        raise NotWritten(path, error) from error


@contextmanager
def _partial(path: str | os.PathLike[str]) -> Iterator[Path]:
    place = place_of(path)
    if place.stream:
        with TemporaryDirectory(prefix="scan2num-") as folder:
            partial = Path(folder, "whole")
            yield partial
            place.pour(partial)
        return
    partial = partial_of(place.path)
    try:
        yield partial
        with open(partial, "rb") as file:
            os.fsync(
                file.fileno()
            )  # after a power cut, the name must not stand for half the content
        with suppress(FileNotFoundError):  # there is none yet
            shutil.copymode(place.path, partial)
        partial.rename(place.path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a text file that appears whole or not at all."""
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path, content: dict) -> None:
    """Write a JSON file that appears whole or not at all."""
    write_whole(path, json.dumps(content, indent=2) + "\n")


def partial_of(path: Path) -> Path:
    """Return the hidden path beside a file at which it is written."""
    ending = path.suffix[:ENDING_LENGTH]
    name = path.name[: len(path.name) - len(ending)]
    return path.with_name(f".{name[: NAME_LENGTH - len(ending)]}{ending}.{os.getpid()}")


def remove_partials(folder: str | os.PathLike[str], ending: str = "") -> None:
    """Remove the half-written files of killed programs below a folder.

    ending: of the files, where the folder may hold files of others.
    """
    name = re.compile(rf"\..+{re.escape(ending)}\.\d+")
    for path in Path(folder).rglob(".*"):
        if name.fullmatch(path.name) and path.is_file():
            path.unlink()

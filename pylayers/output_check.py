"""Outputs are tried before the work: what cannot be written is said at once."""

import os
from pathlib import Path

from pylayers.errors import UsageError
from pylayers.output_place import Place, place_of
from pylayers.whole_file import partial_of


def check_output(path, option: str = "", inputs=()) -> Place:
    """Return where an output goes.

    option: how the user named it, such as `--json`. Nothing is left of the attempt. Raises
    UsageError when a file cannot be written there or would overwrite one of the inputs.
    """
    what = f"{option} {path}".strip()
    try:
        place = place_of(path)
        if any(is_input(place.path, Path(given)) for given in inputs if given):
            raise UsageError(f"{what} is an input; it would be overwritten")
        folder = place.path.parent
        if not place.stream and not folder.is_dir():
            shown = folder if os.path.islink(path) else Path(path).parent
            raise UsageError(f"{what}: there is no folder {shown}")
        if not place.is_writable():
            raise PermissionError(None, "it is not yours to write to")
        if not place.stream:  # a pipe would wait for its reader
            partial = partial_of(place.path)
            os.close(os.open(partial, os.O_WRONLY | os.O_CREAT, 0o600))
            partial.unlink()
        return place
    except IsADirectoryError:
        raise UsageError(f"{what}: is a folder") from None
    except OSError as error:
        raise UsageError(f"{what} cannot be written: {error.strerror}") from None
    except ValueError:  # a null byte
        raise UsageError(f"{what} is no name of a file") from None


def check_folder(folder, option: str = "", files=(), inputs=()) -> None:
    """Make a folder and raise UsageError when a file cannot be written there.

    files: the names of those that will be. inputs: files that none of them may overwrite.
    """
    what = f"{option} {folder}".strip()
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UsageError(f"{what}: is no folder") from None
    except OSError as error:
        raise UsageError(f"{what} cannot be made: {error.strerror}") from None
    for name in files:
        check_output(Path(folder, name), option, inputs)


def is_input(output: Path, given: Path) -> bool:
    """Return whether an output is an input file, or a file that is there in an input folder."""
    try:
        if given.is_dir():
            return output.is_file() and output.is_relative_to(given.resolve())
        return output.samefile(given)
    except (OSError, ValueError):  # one of them does not exist
        return False

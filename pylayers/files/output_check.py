"""Outputs are tried before the work: one that cannot be written is reported at once."""

import errno
import os
from collections.abc import Iterable
from pathlib import Path

from pylayers.errors import UsageError
from pylayers.files.output_place import Place, place_of
from pylayers.files.whole_file import partial_of

# A scan may be a header and its voxels in files of one name.
HALVES = (".mhd", ".nhdr", ".hdr", ".raw", ".zraw", ".img", ".gz")


def check_output(
    path: str | os.PathLike[str],
    option: str = "",
    inputs: Iterable[str | os.PathLike[str] | None] = (),
) -> Place:
    """Return where an output goes.

    option: how the user named it, such as `--json`. Nothing is left of the attempt. Raises
    UsageError when a file cannot be written there or would overwrite one of the inputs.
    """
    what = f"{option} {path}".strip()
    try:
        place = place_of(path)
        if any(is_input(place.path, Path(source)) for source in inputs if source):
            raise UsageError(f"{what} is an input; it would be overwritten")
        folder = place.path.parent
        if not place.stream and not folder.is_dir():
            shown = folder if os.path.islink(path) else Path(path).parent
            raise UsageError(f"{what}: there is no folder {shown}")
        if not place.is_writable():
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
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
        raise UsageError(f"{what} is not a file name") from None


def check_folder(
    folder: str | os.PathLike[str],
    option: str = "",
    files: Iterable[str] = (),
    inputs: Iterable[str | os.PathLike[str] | None] = (),
) -> None:
    """Make a folder and raise UsageError when a file cannot be written there.

    files: the names of those that will be. inputs: files that none of them may overwrite.
    """
    what = f"{option} {folder}".strip()
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UsageError(f"{what}: is not a folder") from None
    except OSError as error:
        raise UsageError(f"{what} cannot be made: {error.strerror}") from None
    for name in files:
        check_output(Path(folder, name), option, inputs)


def is_input(output: Path, source: Path) -> bool:
    """Return whether an output is an input: the file, its other half, or a folder's DICOM file."""
    try:
        if source.is_dir():
            return output.is_relative_to(source.resolve()) and is_dicom(output)
        beside = output.parent == source.resolve().parent and stem(output) == stem(source)
        return output.samefile(source) or (beside and output.suffix in HALVES and output.is_file())
    except (OSError, ValueError):  # one of them does not exist
        return False


def stem(path: Path) -> str:
    """Return a file's name without its endings: a for a.raw.gz."""
    return Path(path.name.removesuffix(".gz")).stem


def is_dicom(path: Path) -> bool:
    """Return whether a file starts as DICOM files do."""
    with path.open("rb") as file:
        return file.read(132).endswith(b"DICM")

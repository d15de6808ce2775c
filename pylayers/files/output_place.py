"""Where an output goes: links are followed, and only a plain file is replaced."""

import errno
import fcntl
import os
import re
import shutil
import stat
from pathlib import Path
from typing import NamedTuple

MOST_LINKS = 40  # as Linux follows
# /dev/stdout and /dev/fd/63 (a shell's process substitution) are links into such a folder.
DESCRIPTORS = re.compile(r"/proc/(\d+)(/task/\d+)?/fd")
NOT_WRITTEN = {stat.S_IFBLK: "it is a disk", stat.S_IFSOCK: "it is a socket"}


class Place(NamedTuple):
    """The end of an output's links; stream: whether it is written into rather than replaced."""

    path: Path
    stream: bool

    def is_writable(self) -> bool:
        """Return whether an existing output may be written to; True where there is none."""
        number = self._our_descriptor()
        if number is not None:
            return fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
        return not os.path.exists(self.path) or os.access(self.path, os.W_OK)

    def pour(self, source: Path) -> None:
        """Copy a file into a stream."""
        number = self._our_descriptor()
        # our own descriptor's position is shared: neither output overwrites the other
        into = os.open(self.path, os.O_WRONLY | os.O_APPEND) if number is None else os.dup(number)
        with open(source, "rb") as file, open(into, "wb") as stream:
            shutil.copyfileobj(file, stream)

    def _our_descriptor(self) -> int | None:
        match = DESCRIPTORS.fullmatch(str(self.path.parent))
        ours = match and int(match[1]) == os.getpid()
        return int(self.path.name) if ours else None


def place_of(path: str | os.PathLike[str]) -> Place:
    """Return where an output's links lead; it need not exist yet.

    Raises OSError for what cannot be written: a folder, a disk, links in a circle, a long name.
    """
    place = Path(path)
    for _ in range(MOST_LINKS):
        folder = os.path.realpath(place.parent)
        place = Path(folder, place.name)
        if DESCRIPTORS.fullmatch(folder):
            return Place(place, stream=True)
        if not place.is_symlink():
            break
        place = Path(folder, os.readlink(place))
    else:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    try:
        mode = place.stat().st_mode
    except FileNotFoundError:
        return Place(place, stream=False)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if stat.S_IFMT(mode) in NOT_WRITTEN:
        raise OSError(errno.EINVAL, NOT_WRITTEN[stat.S_IFMT(mode)], str(path))
    return Place(place, stream=not stat.S_ISREG(mode))

"""The machine's failures, as opposed to a scan's: they may be gone when it is tried again."""

import errno

# What the system says of disks, memory, open files, processes and network file systems, never of
# what a file holds. Not here: permissions, missing files, names that are too long.
ERRNOS = frozenset(
    getattr(errno, name)
    for name in (
        *("ENOSPC", "EDQUOT", "EFBIG", "EROFS"),  # no room, or no longer to be written to
        *("EIO", "EREMOTEIO", "ENODEV", "ENXIO", "ENOMEDIUM"),  # a disk that fails or is gone
        *("ENOMEM", "ENOBUFS", "EAGAIN"),  # no memory, no process
        *("EMFILE", "ENFILE", "ENOLCK"),  # too many open files or locks
        *("ESTALE", "ETIMEDOUT", "ENOTCONN", "ESHUTDOWN", "ECONNRESET", "ECONNABORTED"),
        *("ECONNREFUSED", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH", "ENETRESET"),
        *("EBUSY", "EINTR"),
    )
)


def is_machines(error: BaseException) -> bool:
    """Return whether an error is the machine's, so that another try may go well."""
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in ERRNOS)


def machine_sentence(error: BaseException) -> str:
    """Return what the machine's error is, without the names of files."""
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    return getattr(error, "strerror", None) or type(error).__name__

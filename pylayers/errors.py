"""The ways in which input can be wrong; the tools turn each into one line and an exit code."""

import errno

from pylayers.refusals import REASONS

# The system runs out of something or breaks; the same request may succeed later.
MACHINE_ERRNOS = frozenset(
    (
        *(errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENFILE),
        *(errno.EAGAIN, errno.EBUSY, errno.EROFS, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN),
        *(errno.EREMOTEIO, errno.EHOSTDOWN, errno.ENXIO, errno.ENODEV),
    )
)


def printable(text: str) -> str:
    """Return a text as one line without control characters."""
    return "".join(c if c.isprintable() else "?" for c in text)


class ScanRefused(Exception):
    """A scan that must not be scored.

    `slug` is the stable name of the reason (pylayers/refusals.py), `sentence` says what is wrong
    with this scan.
    """

    def __init__(self, slug: str, sentence: str) -> None:
        assert slug in REASONS, slug
        # file names and header texts may hold anything; a refusal is one line
        self.slug = slug
        self.sentence = printable(sentence)
        super().__init__(f"{slug}: {self.sentence}")

    def __reduce__(self) -> tuple:
        # exceptions are pickled as their constructor's arguments
        return type(self), (self.slug, self.sentence)


class CohortError(Exception):
    """A cohort folder, table or label that cannot be used; the message says what to do."""


class WeightsError(Exception):
    """A run folder without usable weights; the message says what to do."""


class UsageError(Exception):
    """A request that makes no sense: an unknown name, a number out of range."""


class MachineError(Exception):
    """The machine failed, not the scan: a full disk, no memory; the message says what to do."""


def is_machine_failure(error: BaseException) -> bool:
    """Return whether an exception is the machine's failure rather than the input's."""
    if isinstance(error, MemoryError | MachineError):
        return True
    return isinstance(error, OSError) and error.errno in MACHINE_ERRNOS


def machine_error(error: BaseException, doing: str) -> MachineError:
    """Return the machine's failure as an error; doing: such as "reading a.zip"."""
    if isinstance(error, MachineError):
        return error
    if isinstance(error, OSError) and error.errno != errno.ENOMEM:
        why = error.strerror or type(error).__name__
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            why += "; make room where files are unpacked (TMPDIR, or --out), then try again"
        else:
            why += "; the scan itself may be whole: try again"
    else:
        why = "not enough memory; try again with fewer workers or on a larger machine"
    return MachineError(printable(f"{doing}: {why}"))

"""The ways in which input can be wrong; the tools turn each into one line and an exit code."""

from pylayers.refusals import REASONS


def printable(text: str) -> str:
    """Return a text as one line without control characters."""
    return "".join(c if c.isprintable() else "?" for c in text)


class ScanRefused(Exception):
    """A scan that must not be scored.

    `slug` is the stable name of the reason (pylayers/refusals.py), `sentence` says what was seen.
    """

    def __init__(self, slug: str, sentence: str):
        assert slug in REASONS, slug
        # names of files and headers' words may hold anything; a refusal is one line
        self.slug = slug
        self.sentence = printable(sentence)
        super().__init__(f"{slug}: {self.sentence}")

    def __reduce__(self):
        # Exceptions cross process borders by their constructor's arguments.
        return type(self), (self.slug, self.sentence)


class CohortError(Exception):
    """A cohort folder, table or label that cannot be used; the message says what to do."""


class WeightsError(Exception):
    """A run folder without usable weights; the message says what to do."""


class UsageError(Exception):
    """A request that cannot be meant: an unknown name, a number out of range."""


class MachineError(Exception):
    """The machine, not the scan, failed: memory, disk, time; the message says how."""

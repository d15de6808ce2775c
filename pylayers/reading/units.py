"""Units of length that headers state, in mm."""

from pylayers.errors import ScanRefused
from pylayers.reading.fields import shortened, utf8

SPELLINGS = {
    1000.0: ("m", "meter", "metre"),
    10.0: ("cm", "centimeter", "centimetre"),
    1.0: ("mm", "millimeter", "millimetre"),
    0.001: ("um", "µm", "μm", "micron", "micrometer", "micrometre"),
}
MM = {word: mm for mm, words in SPELLINGS.items() for word in words}
NOT_STATED = (
    "",
    "?",
    "??",
    "???",
    "none",
    "unknown",
)  # meaning millimetres in all of these formats


def mm_of(name: str, field: str, text: str) -> float:
    """Return the mm of a unit; ScanRefused (geometry) for one that is no known length."""
    text = utf8(text)
    word = text.strip().lower()
    if word in NOT_STATED:
        return 1.0
    mm = MM.get(word, MM.get(word.removesuffix("s")))
    if mm is None:
        raise ScanRefused(
            "geometry",
            f"{name} states the {field} {shortened(text)!r}, which is not a known length; "
            "save the scan in millimetres",
        )
    return mm

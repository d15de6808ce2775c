"""DICOM lossy compression: what the header or the compressed stream tells of it, as a warning."""

from pylayers.reading.dicom_coded import stream_of_file
from pylayers.reading.dicom_slice import Slice
from pylayers.reading.dicom_syntax import LOSSY, MAYBE_LOSSY

# Noise cannot be packed: 12-bit chest CT shrinks without loss to a half or a third of its 16 bits.
LOSSLESS_RATIO = 6.0


def lossy_notes(slices: list[Slice]) -> list[str]:
    """Return a warning when slices were compressed with loss, with the ratio where it is known.

    A strong JPEG 2000 changes LAA-950 and the score, and nothing in the pixels shows it. Slices
    that were lossy once stay so, however they are stored now (PS3.3 C.7.6.1.1.5).
    """
    first_of = {}
    for one in slices:
        first_of.setdefault(one.path, one)
    methods = {path: lossy_method(one) for path, one in first_of.items()}
    lossy = [one for one in slices if one.lossy is not None or methods[one.path]]
    if not lossy:
        return []
    how = sorted({method for method in methods.values() if method})
    ratios = [one.lossy for one in lossy if one.lossy]
    if ratios:
        how.append(f"ratio {ratios[0]}")
    elif how:
        how.append(f"ratio about {ratio_of(next(one for one in lossy if methods[one.path])):.0f}:1")
    which = "the slices were" if len(lossy) == len(slices) else f"{len(lossy)} slices were"
    words = f" ({', '.join(how)})" if how else ""
    return [
        f"{which} compressed with loss{words}: LAA-950 and the "
        "score may differ from those of the original"
    ]


def lossy_method(one: Slice) -> str | None:
    """Return the name of a lossy compression that the slice's stream has; None without one."""
    syntax = one.stored.syntax
    if syntax in LOSSY:
        return LOSSY[syntax]
    if syntax not in MAYBE_LOSSY:
        return None
    stream = stream_of_file(one)
    # a reversible JPEG 2000 is lossy, too, when its last layers were cut off
    lost = (stream and stream.lossy) or ratio_of(one) > LOSSLESS_RATIO
    return MAYBE_LOSSY[syntax] if lost else None


def ratio_of(one: Slice) -> float:
    """Return how many times larger a compressed file's pixels are than their streams."""
    coded = one.path.stat().st_size - (one.stored.at or 0)
    plain = one.shape[0] * one.shape[1] * one.stored.bits // 8 * one.stored.frames
    return plain / max(1, coded)

"""DICOM lossy compression: what the header or the compressed stream tells of it, as a warning."""

from pylayers.reading.dicom_coded import stream_of_file
from pylayers.reading.dicom_slice import Slice
from pylayers.reading.dicom_syntax import LOSSY, MAYBE_LOSSY


def lossy_notes(slices: list[Slice]) -> list[str]:
    """Return a warning when slices were compressed with loss, with the ratio where it is known.

    A strong JPEG 2000 changes LAA-950 and the score, and nothing in the pixels shows it. Slices
    that were lossy once stay so, however they are stored now (PS3.3 C.7.6.1.1.5).
    """
    methods = {one.path: one for one in slices}
    methods = {path: lossy_method(one) for path, one in methods.items()}
    lossy = [one for one in slices if one.lossy is not None or methods[one.path]]
    if not lossy:
        return []
    how = sorted({method for method in methods.values() if method})
    ratios = sorted({one.lossy for one in lossy if one.lossy}, key=len)
    words = ", ".join([*how, *(f"ratio {ratio}" for ratio in ratios[:1])])
    which = "the slices were" if len(lossy) == len(slices) else f"{len(lossy)} slices were"
    return [
        f"{which} compressed with loss{f' ({words})' if words else ''}: LAA-950 and the score may "
        "differ from those of the original"
    ]


def lossy_method(one: Slice) -> str | None:
    """Return the name of a lossy compression that the slice's stream has; None without one."""
    syntax = one.stored.syntax
    if syntax in LOSSY:
        return LOSSY[syntax]
    if syntax not in MAYBE_LOSSY:
        return None
    stream = stream_of_file(one)
    return MAYBE_LOSSY[syntax] if stream and stream.lossy else None

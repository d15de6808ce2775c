"""DICOM tags: a value that is needed, or refused by its tag's name, and one that is not."""

import numpy as np
import pydicom


class Unsaid(Exception):
    """A header lacks what a slice needs; the message says what."""


def value_of(ds: pydicom.Dataset, keyword: str):
    """Return a tag's value; None when it is missing or cannot be understood, such as IS of `1A`."""
    try:
        return ds.get(keyword)
    except Exception:  # whatever pydicom makes of hostile bytes
        return None


def words_of(ds: pydicom.Dataset, keyword: str) -> str:
    """Return a tag's values as one upper-case text; blank when it is missing."""
    value = value_of(ds, keyword)
    if value is None:
        return ""
    many = [value] if isinstance(value, str) or not hasattr(value, "__iter__") else value
    return "\\".join(str(one) for one in many).upper()


def told(ds: pydicom.Dataset, tag: str) -> bool:
    """Return whether a tag is there and not blank."""
    return tag in ds and value_of(ds, tag) not in (None, "")


def floats(ds: pydicom.Dataset, tag: str, count: int) -> np.ndarray:
    """Return the `count` finite numbers of a tag, else raise Unsaid."""
    try:
        value = ds.get(tag)
        missing = value is None or (hasattr(value, "__len__") and len(value) == 0)
        array = np.atleast_1d(np.array([] if missing else value, float))
    except (TypeError, ValueError, OverflowError):
        missing, array = False, np.array([np.nan])
    if missing:
        raise Unsaid(f"{tag} is missing")
    if array.shape != (count,) or not np.isfinite(array).all():
        raise Unsaid(f"{tag} is not {count} {'number' if count == 1 else 'numbers'}")
    return array


def whole(ds: pydicom.Dataset, tag: str, least: int = 1) -> int:
    """Return a tag's whole number from `least` to 65535, else raise Unsaid."""
    value = floats(ds, tag, 1)[0]
    if value != int(value) or not least <= value < 1 << 16:
        raise Unsaid(f"{tag} is {value:g}")
    return int(value)

"""DICOM tags: values that may be missing, and those that a slice needs."""

from typing import Any

import numpy as np
import pydicom


class UnusableHeader(Exception):
    """A header lacks what a slice needs; the message says what."""


def value_of(ds: pydicom.Dataset, keyword: str) -> Any:
    """Return a tag's value; None when it is missing or cannot be understood, such as IS of `1A`."""
    try:
        return ds.get(keyword)
    except Exception:  # pydicom raises anything on hostile bytes
        return None


def words_of(ds: pydicom.Dataset, keyword: str) -> str:
    """Return a tag's values as one upper-case text; blank when it is missing."""
    value = value_of(ds, keyword)
    if value is None:
        return ""
    many = [value] if isinstance(value, str) or not hasattr(value, "__iter__") else value
    return "\\".join(str(one) for one in many).upper()


def has_value(ds: pydicom.Dataset, tag: str) -> bool:
    """Return whether a data set has a tag that is not blank."""
    return tag in ds and value_of(ds, tag) not in (None, "")


def floats(ds: pydicom.Dataset, tag: str, count: int) -> np.ndarray:
    """Return the `count` finite numbers of a tag, else raise UnusableHeader."""
    try:
        value = ds.get(tag)
        missing = value is None or (hasattr(value, "__len__") and len(value) == 0)
        array = np.atleast_1d(np.array([] if missing else value, float))
    except (TypeError, ValueError, OverflowError):
        missing, array = False, np.array([np.nan])
    if missing:
        raise UnusableHeader(f"{tag} is missing")
    if array.shape != (count,) or not np.isfinite(array).all():
        raise UnusableHeader(f"{tag} is not {count} {'number' if count == 1 else 'numbers'}")
    return array


def whole(ds: pydicom.Dataset, tag: str, least: int = 1) -> int:
    """Return a tag's whole number from `least` to 65535, else raise UnusableHeader."""
    value = floats(ds, tag, 1)[0]
    if value != int(value) or not least <= value < 1 << 16:
        raise UnusableHeader(f"{tag} is {value:g}")
    return int(value)

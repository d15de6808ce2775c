"""Fields: words and numbers of a header in text; one that is wrong is refused with its name."""

import contextlib
from collections.abc import Callable

import numpy as np

from pylayers.errors import ScanRefused

Field = Callable[..., str]  # field_of of one header: keys, most usual first, and a default


def unreadable(name: str, why: str) -> ScanRefused:
    """Return the refusal of a header that cannot be understood."""
    return ScanRefused("unreadable", f"{name}: {why}")


def utf8(text: str) -> str:
    """Return a header's text, read as Latin-1, as the UTF-8 that most writers mean."""
    with contextlib.suppress(UnicodeError):
        return text.encode("latin-1").decode("utf-8")
    return text


def shortened(text: str, limit: int = 64) -> str:
    """Return a header's text, cut to the length of a UID."""
    return text if len(text) <= limit else text[:limit] + "..."


def set_field(name: str, fields: dict[str, str], key: str, value: str) -> None:
    """Add a field to those of a header; ScanRefused when it has another value there."""
    first = fields.setdefault(key, value)
    if first != value:
        raise unreadable(
            name,
            f"the header gives {shortened(key)} twice, "
            f"as {shortened(first, 32)!r} and as {shortened(value, 32)!r}",
        )


def field_of(name: str, fields: dict[str, str], *keys: str, default: str | None = None) -> str:
    """Return the first of some fields that a header has; ScanRefused without field and default."""
    for key in keys:
        if key in fields:
            return fields[key]
    if default is None:
        raise unreadable(name, f"the header has no {keys[0]}")
    return default


def numbers(name: str, key: str, text: str, count: int) -> tuple[float, ...]:
    """Return the `count` finite numbers of a header's field, else raise ScanRefused."""
    try:
        values = tuple(float(part) for part in text.split())
    except ValueError:
        values = ()
    if len(values) != count or not np.isfinite(values).all():
        raise unreadable(name, f"{key} = {shortened(text)!r} is not {count} numbers")
    return values


def integers(name: str, key: str, text: str, count: int) -> tuple[int, ...]:
    """Return the `count` integers of a header's field, else raise ScanRefused."""
    values = numbers(name, key, text, count)
    if any(value != int(value) or abs(value) > 2**53 for value in values):
        raise unreadable(name, f"{key} = {shortened(text)!r} is not {count} whole numbers")
    return tuple(int(value) for value in values)

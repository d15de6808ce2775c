"""Progress on the terminal: one bar, one kind of line, both off when a program is to be quiet."""

from collections.abc import Iterable

from tqdm import tqdm

from pylayers.command_line.standard_streams import show


def progress_bar(
    items: Iterable | None = None,
    *,
    name: str | None,
    unit: str,
    quiet: bool,
    total: int | None = None,
    start: int = 0,
    keep: bool = True,
) -> tqdm:
    """Return a bar on stderr, nothing when quiet or where stderr is not a terminal.

    It iterates over the items, or is updated by hand. total: of the units, where the items do not
    tell. start: units that were done before. keep: leave the bar on the terminal at its end.
    """
    return tqdm(
        items,
        name,
        total,
        initial=start,
        unit=unit,
        leave=keep,
        disable=True if quiet else None,
    )


def say(text: str, quiet: bool) -> None:
    """Print a line of progress at once, unless quiet."""
    if not quiet:
        show(text)

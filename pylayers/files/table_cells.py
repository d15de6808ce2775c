"""Table cells: what a column's name says, and a cell in a message."""

import re

MOST_SHOWN = 60  # characters


def letters_of(name: str) -> str:
    """Return the letters and digits of a column's name, in lower case."""
    return re.sub(r"[\W_]", "", name.lower())


def shown(cell: str) -> str:
    """Return a cell as a message shows it: the beginning of a long one."""
    return cell if len(cell) <= MOST_SHOWN else f"{cell[:MOST_SHOWN]}..."

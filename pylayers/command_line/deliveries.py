"""Several outputs of one result: one that cannot be written costs none of the others."""

from collections.abc import Callable


def deliver(*outputs: Callable[[], None]) -> None:
    """Call each of some functions that write something; raise the first error in the end."""
    first = None
    for output in outputs:
        try:
            output()
        except Exception as error:  # of whatever kind: it is raised below
            first = first or error
    if first is not None:
        raise first

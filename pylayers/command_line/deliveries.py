"""Several outputs of one result: one that fails does not prevent the others."""

from collections.abc import Callable


def deliver(*outputs: Callable[[], None]) -> None:
    """Call every function; raise the first error at the end."""
    first = None
    for output in outputs:
        try:
            output()
        except Exception as error:  # of any kind: it is raised below
            first = first or error
    if first is not None:
        raise first

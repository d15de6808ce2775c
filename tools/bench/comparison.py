"""Comparison: ours and another's times of one thing, as bench.json keeps it."""

from tools.bench.spread import ratios, spread


def comparison(
    what: str,
    ours: list[float],
    theirs: list[float],
    names: tuple[str, str],
    unit: str = "s",
    upside_down: bool = False,
    **more: object,
) -> dict:
    """Return the ratio ours / theirs per round, with its spread and both sides' own.

    ours, theirs: times per round, matching. names: of the two. upside_down: theirs / ours.
    """
    over, under = (theirs, ours) if upside_down else (ours, theirs)
    return {
        **spread(ratios(over, under)),
        "unit": "ratio",
        "what": what,
        "ours": {"name": names[0], "unit": unit, **spread(ours)},
        "theirs": {"name": names[1], "unit": unit, **spread(theirs)},
        **more,
    }

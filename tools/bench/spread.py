"""Spread: what repeated measurements of one thing come to."""

import statistics


def spread(values: list[float]) -> dict:
    """Return median, min and max of the measurements, and their number n; ValueError for none."""
    if not values:
        raise ValueError("nothing was measured")
    return {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
        "n": len(values),
    }


def ratios(over: list[float], under: list[float]) -> list[float]:
    """Return one ratio per round.

    Both of a round were measured within seconds of each other, so what slows the whole machine for
    a while slows both and leaves their ratio. ValueError when the rounds do not match.
    """
    return [a / b for a, b in zip(over, under, strict=True)]

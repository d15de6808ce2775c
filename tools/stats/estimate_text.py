"""An estimate in print: the number with its 95 % interval, or the reason why there is none."""

from tools.stats.estimate import Estimate

MISSING = "n/a"
MINUS = "\N{MINUS SIGN}"  # in figures and on pages; tables keep "-", which programs read


def number_text(value: float, decimals: int = 2, minus: str = MINUS) -> str:
    """Return a number rounded to so many decimals."""
    return f"{value:.{decimals}f}".replace("-", minus)


def estimate_text(
    estimate: Estimate, decimals: int = 2, minus: str = "-", before_interval: str = ""
) -> str:
    """Return "0.82 [0.77, 0.86]", "0.82" without an interval, or "n/a: the reason".

    before_interval: what stands before the bracket, such as ", 95 % CI".
    """
    if not estimate.is_number:
        return f"{MISSING}: {estimate.why}" if estimate.why else MISSING
    text = number_text(estimate.value, decimals, minus)
    if not estimate.has_interval:
        return text
    low, high = (number_text(bound, decimals, minus) for bound in (estimate.low, estimate.high))
    return f"{text}{before_interval} [{low}, {high}]"

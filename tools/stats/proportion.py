"""A proportion with its interval."""

from scipy.stats import binomtest

from tools.stats.estimate import CONFIDENCE, Estimate, no_estimate


def proportion(count: int, total: int, what: str = "scans") -> Estimate:
    """Return count / total, in 0..1, with Wilson's score interval.

    Wilson (1927), doi 10.1080/01621459.1927.10502953. what: names the total, for the reason when it
    is 0.
    """
    if total == 0:
        return no_estimate(f"there are no {what}")
    result = binomtest(int(count), int(total))
    interval = result.proportion_ci(CONFIDENCE, method="wilson")
    return Estimate(float(result.statistic), float(interval.low), float(interval.high))

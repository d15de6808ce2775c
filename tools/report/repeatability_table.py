"""Repeatability in the report: the same subjects scanned again, and real scans in pairs."""

from collections.abc import Sequence

from pylayers.cohort.targets import Target
from tools.repeatability.comparisons import RepeatScan, compare_scans
from tools.repeatability.repeat_files import PairValue
from tools.repeatability.scan_values import DECIMALS, HU_DECIMALS, NETWORK
from tools.report.result_table import Table
from tools.stats.estimate import Estimate
from tools.stats.estimate_text import estimate_text

COLUMNS = (
    "what differs",
    "method",
    "subjects",
    "mean shift [95 % CI]",
    "limits of agreement",
    "smallest detectable change",
    "over sd between subjects",
)
NOTES = (
    "Differences second scan less first. Limits of agreement: Bland & Altman 1986. Smallest "
    "detectable change: 1.96 sqrt(2) s_w with the within-subject standard deviation s_w; over the "
    "sd between subjects it compares methods of different units, and below 1 is needed to tell "
    "one subject's change. LAA-950 is in percent, other densities are in HU.",
)


def repeatability_table(target: Target, scans: Sequence[RepeatScan]) -> Table:
    """Return the table of all comparisons; scans: of repeat_files."""
    rows = []
    for comparison, method, error in compare_scans(scans):
        decimals = decimals_of(method, target)
        low, high = (
            estimate_text(Estimate(limit.value, why=limit.why), decimals)
            for limit in (error.lower_limit, error.upper_limit)
        )
        rows.append(
            (
                comparison,
                method,
                str(error.n),
                estimate_text(error.shift, decimals),
                f"{low} to {high}" if error.lower_limit.is_number else low,
                number(error.smallest_change, decimals),
                number(error.relative, 2),
            )
        )
    return Table(
        f"repeatability_{target.name}",
        f"{target.title}: the same subjects scanned again",
        COLUMNS,
        tuple(rows),
        NOTES,
    )


def pair_table(target: Target, pairs: Sequence[PairValue]) -> Table:
    """Return the table of pairs of real scans."""
    rows = tuple(
        (
            pair.scan_a,
            pair.scan_b,
            pair.method,
            *(
                number(v, decimals_of(pair.method, target))
                for v in (pair.a, pair.b, pair.b - pair.a)
            ),
        )
        for pair in pairs
    )
    columns = ("scan A", "scan B", "method", "A", "B", "B less A")
    return Table(f"repeatability_pairs_{target.name}", "Pairs of real scans", columns, rows)


def decimals_of(method: str, target: Target) -> int:
    """Return the decimals that a method's numbers are shown with."""
    if method == NETWORK:
        return target.decimals
    known = [decimals for name, decimals in DECIMALS.items() if method.startswith(name)]
    return known[0] if known else HU_DECIMALS


def number(value: float, decimals: int) -> str:
    """Return a number as text; "n/a" for NaN."""
    return estimate_text(Estimate(value), decimals)

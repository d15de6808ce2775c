"""Two human readers against a reader and the system."""

from numpy.typing import ArrayLike

from tools.stats.correlation import Comparison, compare_correlations


def readers_against_system(
    reader: ArrayLike, other_reader: ArrayLike, prediction: ArrayLike, seed: int = 1
) -> Comparison:
    """Return rho_aa of two readers (a), rho_as of the first and the system (b), P(rho_aa > rho_as).

    All (n,): grades of the visual emphysema score, and the system's numbers, in any increasing
    unit. Paper, section 4.1: rho_aa = .84 [.80, .88], rho_as = .79 [.74, .84], P = .93. A
    resample keeps the three values of a scan together. Both correlations then share the first
    reader's chance, which makes P more extreme than two separate bootstraps would: from the
    printed intervals these give .94, so the paper may have drawn separately.
    """
    return compare_correlations(reader, other_reader, prediction, seed)

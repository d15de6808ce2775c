"""The note where weights, stored crops and this program differ in their preprocessing."""

from collections.abc import Iterable

from pylayers.cohort.grid import Grid
from pylayers.lungs.crop import PREPROCESSING_VERSION


def version_note(best: dict, grids: Iterable[Grid] = ()) -> str | None:
    """Return a sentence where the weights saw lungs cut out by another version, else None.

    best: of the run. grids: of the stored crops that are scored; without them a scan is, which is
    cut out by this program's version.
    """
    weights = best.get("preprocessing_version")
    stored = sorted({grid.version for grid in grids})
    if {weights} == {*stored, PREPROCESSING_VERSION}:
        return None
    version = "no recorded version" if weights is None else f"version {weights}"
    if not stored:
        return (
            f"the weights were trained on preprocessing of {version}, and this is version "
            f"{PREPROCESSING_VERSION}, which may cut out other lungs: the score may be off; "
            "prepare the cohort again and train again"
        )
    versions = " and ".join(map(str, stored))
    return (
        f"the weights were trained on preprocessing of {version}, the stored crops are of version "
        f"{versions}, and scans are scored with version {PREPROCESSING_VERSION}: these numbers do "
        "not hold for new scans; prepare the cohort again and train again"
    )

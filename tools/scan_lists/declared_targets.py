"""The targets that a table of scans declares, and whether its labels can be learned from."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pylayers.cohort.cohort import SPLITS
from pylayers.cohort.own_targets import DECLARATIONS, read_targets
from pylayers.cohort.stored_crops import check_varied
from pylayers.cohort.targets import Target
from pylayers.errors import CohortError


def declared_targets(table: Path, cohort: Path) -> dict[str, Target]:
    """Return the targets of the targets.csv beside a table, or else of the cohort's, by name.

    Raises CohortError for a line that is wrong, and where the cohort's declares more than the
    table's, which would replace it.
    """
    of_cohort = read_targets(cohort)
    beside = read_targets(table.parent) if table.name != DECLARATIONS else {}
    lost = [name for name in of_cohort if name not in beside]
    if beside and lost:
        raise CohortError(
            f"{cohort / DECLARATIONS} declares {lost[0]}, which {table.parent / DECLARATIONS} "
            "would replace and lacks; add the line there"
        )
    return beside or of_cohort


def check_labels(rows: Sequence[Mapping[str, str]], own: Mapping[str, Target]) -> None:
    """Raise CohortError for a declared target without a label, or with one and the same in all."""
    for name in own:
        labels = [float(row[name]) for row in rows if row[name]]
        if not labels:
            raise CohortError(f"column {name}, which {DECLARATIONS} declares, has no label")
        if len(labels) >= len(SPLITS):  # fewer cannot be trained on, but scored and added to
            check_varied(labels, f"column {name}")

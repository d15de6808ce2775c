"""What a run predicts, as its best.json says: a declared target travels with the run."""

from collections.abc import Mapping

from pylayers.cohort.own_targets import declared_target
from pylayers.cohort.targets import TARGETS, Target
from pylayers.errors import CohortError, WeightsError

DECLARED = "declared"  # key of run.json and best.json: the line of targets.csv, of an own target


def trained_target(best: Mapping, where: str) -> Target:
    """Return the target of a best.json; WeightsError, which begins with `where`, for none.

    What is said of an own target comes with the weights, so it is checked as a line of targets.csv.
    """
    name, cells = best.get("target"), best.get(DECLARED)
    if isinstance(name, str) and name in TARGETS:
        return TARGETS[name]
    if not isinstance(cells, dict) or cells.get("name") != name:
        raise WeightsError(f"{where}: unknown target {name!r}")
    if not all(isinstance(text, str) for cell in cells.items() for text in cell):
        raise WeightsError(f"{where}: its declaration of {name!r} is damaged")
    try:
        return declared_target(cells, where)
    except CohortError as error:
        raise WeightsError(str(error)) from None

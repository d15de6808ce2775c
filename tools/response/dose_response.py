"""The response of numbers to inserted disease, and whether they go one way."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from pylayers.lungs.crop import LungCrop
from tools.response.inserted_lesions import InsertedLesions
from tools.stats.correlation import spearman

LAA950 = "LAA-950"
# Emphysema raises the visual score and LAA-950; the lung function falls.
EXPECTED_SIGN = {LAA950: 1, "ve": 1, "fev1fvc": -1, "fev1pp": -1}


class Response(NamedTuple):
    """Numbers of a scan with inserted lesions.

    repeat: of the lesions' plan, from 1. dose: share of the lungs asked for, extent: destroyed, in
    0..1. values: by name.
    """

    repeat: int
    dose: float
    extent: float
    values: dict[str, float]


class Monotony(NamedTuple):
    """rho: Spearman's, of all values with their extent; NaN for values that are all the same.

    steps: from dose to dose, of all repeats. wrong: of these, in the wrong direction.
    """

    rho: float
    steps: int
    wrong: int
    expected_sign: int

    @property
    def is_monotone(self) -> bool:
        """Whether the number follows the disease at every step."""
        return self.wrong == 0 and self.rho * self.expected_sign > 0


def dose_response(
    plans: Iterable[InsertedLesions],
    doses: Sequence[float],
    measure: Callable[[LungCrop], dict[str, float]],
) -> Iterator[Response]:
    """Yield the response to rising doses, plan after plan; the scan without lesions once measured.

    measure: function from a crop to numbers by name. UsageError for a dose that a plan does not
    reach.
    """
    untouched = None
    for repeat, plan in enumerate(plans, 1):
        plan.check_extent(max(doses))
        for dose in sorted(doses):
            if dose > 0:
                crop, extent = plan.with_extent(dose)
                yield Response(repeat, dose, extent, measure(crop))
                continue
            untouched = untouched or measure(plan.crop)
            yield Response(repeat, 0.0, 0.0, untouched)


def monotony(responses: Sequence[Response], name: str) -> Monotony:
    """Return how steadily a number follows the inserted extent; name: a key of EXPECTED_SIGN."""
    sign, wrong, steps = EXPECTED_SIGN[name], 0, 0
    for repeat in sorted({response.repeat for response in responses}):
        values = [r.values[name] for r in responses if r.repeat == repeat]
        wrong += int(np.count_nonzero(sign * np.diff(values) < 0))
        steps += len(values) - 1
    rho = spearman([r.extent for r in responses], [r.values[name] for r in responses])
    return Monotony(rho, steps, wrong, sign)

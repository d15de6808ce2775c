"""Which variant of the network a run is, as its run.json and best.json say."""

from collections.abc import Mapping

from pylayers.batch.variants import PLAIN, VARIANTS, Variant
from pylayers.errors import WeightsError

VARIANT = "variant"  # key of run.json and best.json; without it, the paper's network


def trained_variant(best: Mapping, where: str) -> Variant:
    """Return the variant of a best.json; WeightsError, which begins with `where`, for none."""
    name = best.get(VARIANT, PLAIN.name)
    if not isinstance(name, str) or name not in VARIANTS:
        raise WeightsError(f"{where}: unknown variant {name!r}")
    return VARIANTS[name]

"""Which variant of the network a run is, as its run.json and best.json say."""

from collections.abc import Iterable, Mapping

from pylayers.batch.variants import PLAIN, VARIANTS, Variant
from pylayers.errors import UsageError, WeightsError
from pylayers.files.checkout import relative
from tools.training.run_folder import RunFolder
from tools.training.run_places import run_name
from tools.training.run_records import fact

VARIANT = "variant"  # key of run.json and best.json; without it, the paper's network


def trained_variant(best: Mapping, where: str) -> Variant:
    """Return the variant of a best.json; WeightsError, which begins with `where`, for none."""
    name = best.get(VARIANT, PLAIN.name)
    if not isinstance(name, str) or name not in VARIANTS:
        raise WeightsError(f"{where}: unknown variant {name!r}")
    return VARIANTS[name]


def said_variant(run: RunFolder) -> Variant:
    """Return the variant that a run says it is, before it is loaded.

    An unknown one passes for the paper's here: loading refuses it.
    """
    return VARIANTS.get(fact(run.best_json, VARIANT) or PLAIN.name, PLAIN)


def variants_beside(run: RunFolder) -> list[RunFolder]:
    """Return the trained variants of a run's target in the folder that it lies in.

    A variant has none, nor has a run of another name than its target's, such as a trial.
    """
    target = run.path.name
    if fact(run.best_json, "target") != target or fact(run.best_json, VARIANT):
        return []
    beside = [RunFolder(run.path.parent / run_name(target, name)) for name in VARIANTS if name]
    return [
        one for one in beside if said_variant(one).name == one.path.name.removeprefix(f"{target}-")
    ]


def check_plain(folders: Iterable[RunFolder], what: str) -> None:
    """Raise UsageError where one of some runs is no network of the paper's; what: needs that."""
    for folder in folders:
        if name := fact(folder.best_json, VARIANT):
            raise UsageError(
                f"{relative(folder.path)} is the variant {name}; {what} takes the paper's network "
                "alone"
            )

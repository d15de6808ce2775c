"""The run that a command line asks for by its target, which may be one of the cohort's own."""

from pathlib import Path

from pylayers.batch.variants import PLAIN, Variant, variant_named
from pylayers.cohort.own_targets import NAME, read_targets
from pylayers.cohort.targets import TARGETS, target_named
from pylayers.errors import UsageError
from pylayers.files.checkout import relative
from tools.training.run_folder import RunFolder
from tools.training.run_places import PHANTOM_COHORT, check_cohort, run_name, run_place
from tools.training.run_records import cohort_of, fact
from tools.training.trained_variant import said_variant

TARGET_HELP = f"one of {', '.join(TARGETS)}, or one that the cohort's targets.csv declares"


def asked_target(
    name: str, cohort: Path | None, run: Path | None = None, variant: str | None = None
) -> str:
    """Return a target's name: the paper's, one that the cohort declares, or what its run predicts.

    Raises UsageError, which lists the names, for any other.
    """
    if name in TARGETS:
        return name
    own = read_targets(cohort or (run and cohort_of(RunFolder(run))) or PHANTOM_COHORT)
    if name not in own and NAME.fullmatch(name):
        folder = run_place(run_name(name, variant), cohort) if run is None else RunFolder(run)
        if name in (fact(path, "target") for path in (folder.best_json, folder.run_json)):
            return name
    return target_named(name, TARGETS | own).name


def trained_run(
    target: str, cohort: Path | None, run: Path | None, variant: str | None = None
) -> RunFolder:
    """Return the run of a target that --run names, or that of a cohort and a variant.

    variant: "" asks for the paper's network, None for whatever --run is. Raises UsageError when
    there is no such target, or the run is of another target, variant or cohort than asked for.
    """
    target = asked_target(target, cohort, run, variant)
    folder = run_place(run_name(target, variant), cohort) if run is None else RunFolder(run)
    predicted = fact(folder.best_json, "target")
    if predicted != target and NAME.fullmatch(predicted or ""):
        raise UsageError(f"{relative(folder.path)} predicts {predicted}, not {target}")
    if variant is not None and predicted:
        asked, found = variant_named(variant), said_variant(folder)
        if asked != found:
            raise UsageError(f"{relative(folder.path)} is {_words(found)}, not {_words(asked)}")
    check_cohort(folder, cohort)
    return folder


def _words(variant: Variant) -> str:
    return "the paper's network" if variant == PLAIN else f"the variant {variant.name}"

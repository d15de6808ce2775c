"""The run that a request stands for: a new one, or the one in the folder that is gone on with."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

from pylayers.batch.variants import PLAIN, Variant, variant_named
from pylayers.errors import UsageError
from pylayers.files.checkout import ROOT, relative
from tools.training.run_folder import RunFolder
from tools.training.run_manifest import read_manifest
from tools.training.run_places import check_cohort, is_phantoms
from tools.training.schedules import Schedule, changes_in, with_overrides
from tools.training.train_request import TrainRequest
from tools.training.trained_variant import VARIANT


@dataclass(frozen=True)
class RunPlan:
    """What is trained on what; the rest of a run follows from it."""

    cohort: Path
    variant: Variant
    schedule_name: str
    schedule: Schedule
    seed: int


def default_schedule(cohort: Path) -> str:
    """Return the name of the schedule for a cohort: minutes for the phantoms, else the paper's."""
    return "demo" if is_phantoms(cohort) else "paper"


def run_plan(request: TrainRequest, folder: RunFolder) -> RunPlan:
    """Return the run that a request stands for.

    Going on, and resuming without a cohort, takes the run in the folder and changes what the
    request names. UsageError when there is nothing to go on with, or no cohort.
    """
    changes, seed = request.changes(), request.seed
    if request.cohort is not None and not request.go_on:
        name = request.schedule or default_schedule(request.cohort)
        schedule = with_overrides(name, changes)
        variant = variant_named(request.variant or PLAIN.name)
        return RunPlan(request.cohort, variant, name, schedule, 1 if seed is None else seed)
    if not (request.resume or request.go_on):
        raise UsageError("--cohort is missing: the folder with cohort.csv")
    before, _ = read_manifest(folder)
    if not before:
        raise UsageError(f"there is no run in {relative(folder.path)} to go on with")
    check_cohort(folder, request.cohort)
    try:
        schedule = Schedule(**{field.name: before[field.name] for field in fields(Schedule)})
        cohort, name = ROOT / before["cohort"], request.schedule or before["schedule"]
        seed = before["seed"] if seed is None else seed
    except KeyError as error:
        raise UsageError(f"{relative(folder.run_json)} lacks {error}; remove the folder") from None
    variant = variant_named(before[VARIANT] if request.variant is None else request.variant)
    return RunPlan(cohort, variant, name, replace(schedule, **changes_in(changes)), seed)

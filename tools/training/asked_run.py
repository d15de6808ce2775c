"""The run that is asked for, or gone on with."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

from pylayers.errors import UsageError
from pylayers.files.checkout import ROOT, relative
from tools.training.run_folder import RunFolder
from tools.training.run_manifest import read_manifest
from tools.training.schedules import Schedule, changes_in, with_overrides
from tools.training.train_request import TrainRequest


@dataclass(frozen=True)
class AskedRun:
    """What is trained on what; the rest of a run follows from it."""

    cohort: Path
    schedule_name: str
    schedule: Schedule
    seed: int


def asked_run(request: TrainRequest, folder: RunFolder) -> AskedRun:
    """Return the run that a request stands for.

    To resume without a cohort is to go on with the run in the folder, but for what is asked for.
    UsageError when there is nothing to go on with, or no cohort.
    """
    changes, seed = request.changes(), request.seed
    if request.cohort is not None:
        name = request.schedule or "paper"
        schedule = with_overrides(name, changes)
        return AskedRun(request.cohort, name, schedule, 1 if seed is None else seed)
    if not request.resume:
        raise UsageError("--cohort is missing: the folder with cohort.csv")
    there, _ = read_manifest(folder)
    if not there:
        raise UsageError(f"there is no run in {relative(folder.path)} to go on with")
    try:
        schedule = Schedule(**{field.name: there[field.name] for field in fields(Schedule)})
        cohort, name = ROOT / there["cohort"], request.schedule or there["schedule"]
        seed = there["seed"] if seed is None else seed
    except KeyError as error:
        raise UsageError(f"{relative(folder.run_json)} lacks {error}; remove the folder") from None
    return AskedRun(cohort, name, replace(schedule, **changes_in(changes)), seed)

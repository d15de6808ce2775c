"""The run that a command line asks for, or goes on with."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

from pylayers.errors import UsageError
from pylayers.files.checkout import ROOT, relative
from tools.training.run_folder import RunFolder
from tools.training.run_manifest import read_manifest
from tools.training.schedules import Schedule, changes_in, with_overrides


@dataclass(frozen=True)
class AskedRun:
    """What is trained on what; the rest of a run follows from it."""

    cohort: Path
    schedule_name: str
    schedule: Schedule
    seed: int


def asked_run(given: dict, folder: RunFolder) -> AskedRun:
    """Return the run of a command line's options.

    With `resume` and no cohort they are those of the run in the folder, but for what is given.
    UsageError when there is nothing to go on with, or no cohort.
    """
    if given["cohort"] is not None:
        name = given["schedule"] or "paper"
        schedule = with_overrides(name, given)
        return AskedRun(given["cohort"], name, schedule, given.get("seed", 1))
    if not given["resume"]:
        raise UsageError("--cohort is missing: the folder with cohort.csv")
    there, _ = read_manifest(folder)
    if not there:
        raise UsageError(f"there is no run in {relative(folder.path)} to go on with")
    try:
        schedule = Schedule(**{field.name: there[field.name] for field in fields(Schedule)})
        cohort, name, seed = ROOT / there["cohort"], there["schedule"], there["seed"]
    except KeyError as error:
        raise UsageError(f"{relative(folder.run_json)} lacks {error}; remove the folder") from None
    schedule = replace(schedule, **changes_in(given))
    return AskedRun(cohort, given["schedule"] or name, schedule, given.get("seed", seed))

"""What a run was asked to do and what it was made from: run.json and the facts in best.json."""

import json
import os
import shutil
from dataclasses import asdict

from pylayers.batch.stack import STACK_VERSION
from pylayers.batch.variants import PLAIN, Variant
from pylayers.cohort.cohort import PHANTOM, Cohort
from pylayers.cohort.own_targets import declaration
from pylayers.errors import UsageError
from pylayers.files.checkout import git_commit, relative
from pylayers.files.folder_lock import LOCK
from pylayers.files.whole_file import remove_partials
from pylayers.lungs.crop import PREPROCESSING_VERSION
from tools.caffe_run.caffe_install import build_info
from tools.caffe_run.compute_engine import CAFFE, CHOICE, ONEDNN, engine_in_use, onednn_version
from tools.training.run_folder import FINISHED, RunFolder
from tools.training.run_places import make_command
from tools.training.run_prototxt import hand_written_sha256
from tools.training.schedules import Schedule
from tools.training.trained_on import KEY, TrainedOn
from tools.training.trained_patient import patient_facts
from tools.training.trained_target import DECLARED
from tools.training.trained_variant import VARIANT


def wanted_run(
    target: str,
    variant: Variant,
    schedule_name: str,
    schedule: Schedule,
    seed: int,
    cohort: Cohort,
    engine: str,
) -> dict:
    """Return what defines a run, as in run.json; UsageError for a seed below 0.

    engine: whose layers compute on a CPU, since they round differently; CAFFE for a run that was
    begun on a GPU.
    """
    if seed < 0:
        raise UsageError(f"--seed {seed} is below 0")
    return {
        **target_facts(target, cohort),
        VARIANT: variant.name,
        **patient_facts(variant, cohort, target),
        "schedule": schedule_name,
        **asdict(schedule),
        "seed": seed,
        "cohort": relative(cohort.folder),
        "cohort_sha256": cohort.sha256(),
        "preprocessing_version": PREPROCESSING_VERSION,
        "stack_version": STACK_VERSION,
        "prototxt_sha256": hand_written_sha256(variant),
        "engine": engine,
    }


def target_facts(target: str, cohort: Cohort) -> dict:
    """Return a target's name and, where the cohort declares it, what it declares."""
    own = cohort.own.get(target)
    return {"target": target} | ({DECLARED: declaration(own)} if own else {})


def made_from(cohort: Cohort, training_split: TrainedOn, engine: str) -> dict:
    """Return what best.json says of the code and the data beside wanted_run().

    training_split: its pixel sizes, slice spacings and kernels. engine: as wanted_run() has it.
    """
    build = build_info()
    return {
        KEY: training_split.to_json(),
        "phantom": all(scan.row.get("source") == PHANTOM for scan in cohort.scans),
        "caffe_version": build.get("caffe_version"),
        "caffe_commit": build.get("caffe_commit"),
        "onednn_version": onednn_version() if engine == ONEDNN else None,
        "git_commit": git_commit(),
    }


def check_is_for_runs(folder: RunFolder) -> None:
    """Raise UsageError when a path holds something that is no run."""
    path = folder.path
    if folder.run_json.exists() or not path.exists():
        return
    if not path.is_dir() or any(not inside.name.startswith(".") for inside in path.iterdir()):
        raise UsageError(f"{relative(path)} is not a run folder and not empty")


def check_version(folder: RunFolder) -> None:
    """Raise UsageError when a folder holds a run on crops of another preprocessing version."""
    before, _ = read_manifest(folder)
    version = before.get("preprocessing_version")
    if before and version != PREPROCESSING_VERSION:
        raise UsageError(
            f"{relative(folder.path)} holds a run on preprocessing version {version}, and this is "
            f"version {PREPROCESSING_VERSION}, which cannot go on with it; remove the folder or "
            "choose another with RUN=, and train anew"
        )


def read_manifest(folder: RunFolder) -> tuple[dict, str | None]:
    """Return what a run folder was asked for and its state; ({}, None) when there is no run.

    UsageError when run.json is damaged.
    """
    if not folder.run_json.exists():
        return {}, None
    where = relative(folder.run_json)
    try:
        manifest = json.loads(folder.run_json.read_text())
    except OSError as error:
        raise UsageError(f"{where} cannot be read: {error.strerror}") from None
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict):
        raise UsageError(f"{where} is damaged; remove the folder")
    manifest.setdefault("split_batch", 1)  # older runs do not name these
    manifest.setdefault("engine", CAFFE)
    manifest.setdefault(VARIANT, PLAIN.name)
    return manifest, manifest.pop("state", None)


def engine_for(folder: RunFolder, restart: bool, gpu: int | None) -> str:
    """Return the engine of the run in a folder; of a new one, the engine in use on its device."""
    before, _ = read_manifest(folder)
    if before and not restart:
        return before["engine"]
    return CAFFE if gpu is not None else engine_in_use()


def check_engine(folder: RunFolder, engine: str, gpu: int | None) -> None:
    """Raise UsageError when a training on the CPU needs oneDNN's layers and they are not in use."""
    if gpu is None and engine == ONEDNN and engine_in_use() != ONEDNN:
        back = "`make setup ENGINE=onednn` brings them back"
        if os.environ.get(CHOICE) == CAFFE:
            back = f"unset {CHOICE} to bring them back"
        raise UsageError(
            f"{relative(folder.path)} was begun with oneDNN's layers, which are not in use here "
            f"and round differently from Caffe's own; {back}, TRAIN_OPTIONS=--restart begins anew"
        )


def is_finished(folder: RunFolder, wanted: dict) -> bool:
    """Return whether a folder holds the wanted run, finished."""
    before, state = read_manifest(folder)
    # whose layers computed it does not matter any more
    return state == FINISHED and before == wanted | {"engine": before.get("engine")}


def make_room(folder: RunFolder, wanted: dict, restart: bool, resume: bool) -> bool:
    """Make room for the wanted run in a locked folder; return whether it was begun there before.

    Raises UsageError when the folder holds something else, so that no run is lost by accident.
    """
    check_is_for_runs(folder)
    before, _ = read_manifest(folder)
    differs = [key for key in wanted if before.get(key) != wanted[key]]
    if restart and "engine" in differs:  # another engine does not make it another training
        differs.remove("engine")
    if before and "cohort" in differs:
        raise UsageError(
            f"{relative(folder.path)} holds another run (its cohort is {before.get('cohort')}); "
            "move the folder away or choose another with RUN="
        )
    if before and differs:
        what = "declaration in targets.csv" if differs[0] == DECLARED else differs[0]
        raise UsageError(
            f"{relative(folder.path)} holds another run (its {what} differs); remove the folder "
            "or choose another with RUN="
        )
    if before and not (restart or resume):
        raise UsageError(
            f"{relative(folder.path)} holds an unfinished run; go on with "
            f"`{make_command('resume', folder, wanted['target'])}` or discard it with "
            "TRAIN_OPTIONS=--restart"
        )
    if restart:
        for path in folder.path.iterdir():
            if path.name != LOCK:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    remove_partials(folder.path)
    return bool(before) and not restart

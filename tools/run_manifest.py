"""What a run was asked to do and what it was made from: run.json and the facts in best.json."""

import json
import shutil
import subprocess
from dataclasses import asdict

from pylayers.cohort import PHANTOM, Cohort
from pylayers.crop import PREPROCESSING_VERSION
from pylayers.errors import UsageError
from tools.caffe_install import ROOT, build_info
from tools.run_folder import RunFolder, relative
from tools.schedules import Schedule

RUNNING, FINISHED, STOPPED, FAILED = "running", "finished", "stopped", "failed"


def wanted_run(target: str, schedule_name: str, schedule: Schedule, seed: int, cohort: Cohort):
    """Return what defines a run, as in run.json; UsageError for a seed below 0."""
    if seed < 0:
        raise UsageError(f"--seed {seed} is below 0")
    return {
        "target": target,
        "schedule": schedule_name,
        **asdict(schedule),
        "seed": seed,
        "cohort": relative(cohort.folder),
        "cohort_sha256": cohort.sha256(),
        "preprocessing_version": PREPROCESSING_VERSION,
    }


def made_from(cohort: Cohort) -> dict:
    """Return what best.json says of the code and the data beside wanted_run()."""
    build = build_info()
    return {
        "phantom": all(scan.row.get("source") == PHANTOM for scan in cohort.scans),
        "caffe_version": build.get("caffe_version"),
        "caffe_commit": build.get("caffe_commit"),
        "git_commit": git_commit(),
    }


def make_room(folder: RunFolder, wanted: dict, restart: bool) -> bool:
    """Make an empty run folder; return False when the wanted run is finished there already.

    Raises UsageError when the folder holds something else, so that no run is lost by accident.
    """
    if folder.run_json.exists():
        there = json.loads(folder.run_json.read_text())
        state = there.pop("state", None)
        if there == wanted and state == FINISHED:
            return False
        differs = [key for key in wanted if there.get(key) != wanted[key]]
        if differs or not restart:
            what = f"another run (its {differs[0]} differs)" if differs else "an unfinished run"
            way_out = "" if differs else "discard it with --restart, "
            raise UsageError(
                f"{relative(folder.path)} holds {what}; {way_out}remove the folder or choose "
                "another with RUN="
            )
        shutil.rmtree(folder.path)
    elif folder.path.exists() and (not folder.path.is_dir() or any(folder.path.iterdir())):
        raise UsageError(f"{relative(folder.path)} is no run folder and not empty")
    folder.snapshots.mkdir(parents=True)
    return True


def git_commit() -> str | None:
    """Return the commit of this checkout, with '+' when files differ from it; None without git."""

    def git(*arguments):
        result = subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False
        )
        return result.stdout.strip() if result.returncode == 0 else None

    try:
        commit = git("rev-parse", "HEAD")
        return commit and commit + ("+" if git("status", "--porcelain") else "")
    except FileNotFoundError:
        return None

"""Twin facts: what an ONNX twin carries about itself, so that the file alone is enough."""

from pathlib import Path

import numpy as np

from pylayers.batch.stack import (
    SIDE,
    WINDOW_CENTRE_HU,
    WINDOW_HIGH_HU,
    WINDOW_LOW_HU,
    WINDOW_SCALE_HU,
)
from pylayers.cohort.cohort import read_rows
from pylayers.cohort.targets import Target
from pylayers.files.file_hash import sha256
from tools.training.trained_run import TrainedRun

FORMAT = 1
USE = "research use, not a medical device"
PHANTOMS = "trained on phantoms: the numbers say nothing about a patient"


def twin_facts(run: TrainedRun, slices: int) -> dict:
    """Return the facts of a run's twin, JSON: all of best.json, without paths, and more.

    slices: how many of a scan it scores.
    """
    cohort = Path(str(run.best.get("cohort", ""))).name
    return {
        "format": FORMAT,
        "slices": slices,
        "title": run.target.title,
        "unit": run.target.unit,
        "network_unit": run.target.network_unit,
        "input": f"float32 (slices, 1, {SIDE}, {SIDE}): HU from {WINDOW_LOW_HU} to "
        f"{WINDOW_HIGH_HU}, less {WINDOW_CENTRE_HU:g}, over {WINDOW_SCALE_HU:g}",
        "output": "float32 (slices, 1): the score of each slice in network units; a scan's score "
        "is the mean",
        "best": {**run.best, "cohort": cohort},
        "deploy_sha256": sha256(run.folder.deploy),
        "validation": validation_errors(run),
        "licence": licence(run.is_phantom, cohort),
        "use": USE,
    }


def validation_errors(run: TrainedRun) -> dict | None:
    """Return how far off the run was on its validation split: prediction less truth.

    None where the split was not evaluated.
    """
    path = run.folder.predictions("val")
    if not path.is_file():
        return None
    rows = [row for _, row in read_rows(path)]
    errors = np.array([float(row["prediction"]) - float(row["truth"]) for row in rows])
    return {
        "scans": len(errors),
        "mean": float(errors.mean()),
        "sd": float(errors.std()),
        "mean_absolute": float(np.abs(errors).mean()),
    }


def licence(is_phantom: bool, cohort: str) -> str:
    """Return the note on what may be done with the weights."""
    code = "scan2num, which made this file, is under the BSD 2-Clause licence"
    if is_phantom:
        return f"{code}; so are these weights, which were {PHANTOMS}."
    return (
        f"{code}. The weights were learnt from the scans of {cohort or 'a cohort'}: whether they "
        "may be passed on is up to the terms of those data."
    )


def agrees(facts: dict, target: Target) -> bool:
    """Return whether a twin counts in the same units as this program."""
    return facts.get("format") == FORMAT and facts.get("network_unit") == target.network_unit

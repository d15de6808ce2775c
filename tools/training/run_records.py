"""What the JSON files of a run or a sweep say of it, as far as they can be read."""

import json
from pathlib import Path

from pylayers.files.checkout import ROOT
from tools.training.run_folder import RunFolder

RECORDS = ("run.json", "best.json", "sweep.json")  # of which each run or sweep has one or two


def cohort_of(folder: RunFolder) -> Path | None:
    """Return the cohort's folder that a run, or a sweep, was trained on, where it is recorded."""
    names = (fact(folder.path / name, "cohort") for name in RECORDS)
    return next(((ROOT / name).resolve() for name in names if name is not None), None)


def fact(path: Path, name: str) -> str | None:
    """Return a text of the object in a JSON file; None without one. Damage is for others to say."""
    try:
        text = json.loads(path.read_text())[name]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return text if isinstance(text, str) else None

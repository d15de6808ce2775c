"""The folder of a sweep: one run per number of slices, what they share, and their table."""

import json
from pathlib import Path
from typing import Self

from pylayers.errors import UsageError
from pylayers.files.checkout import relative
from pylayers.files.folder_lock import FolderLock
from pylayers.files.whole_file import write_json
from tools.training.run_folder import RunFolder

SWEPT = ("slices", "test_slices", "engine")  # what may differ between its runs


class SweepFolder:
    """A folder that is a sweep's own, locked against other sweeps while in use.

    wanted: what defines one of the runs (wanted_run). Entering makes the folder; UsageError
    when it holds something else, another sweep, or is in use.
    """

    def __init__(self, path: Path, wanted: dict) -> None:
        self.path = Path(path)
        self.shared = {key: value for key, value in wanted.items() if key not in SWEPT}
        self.about = self.path / "sweep.json"
        self.table = self.path / "table6.csv"

    def run(self, slices: int) -> RunFolder:
        """Return the run of a number of slices."""
        return RunFolder(self.path / str(slices))

    def __enter__(self) -> Self:
        self.lock = FolderLock(self.path, "sweep")
        self.lock.__enter__()
        try:
            self._claim()
        except BaseException:
            self.lock.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.lock.__exit__()

    def _claim(self) -> None:
        """Write down what the folder's own is, or check that it is the same."""
        where = relative(self.path)
        if not self.about.exists():
            if any(not path.name.startswith(".") for path in self.path.iterdir()):
                raise UsageError(f"{where} is not the folder of a sweep and not empty")
            write_json(self.about, self.shared)
        before = content(self.about)
        differs = [key for key in self.shared if before.get(key) != self.shared[key]]
        if differs:
            raise UsageError(
                f"{where} holds another sweep (its {differs[0]} differs); remove the folder or "
                "choose another with OUT="
            )


def content(path: Path) -> dict:
    """Return the object in a JSON file; {} when it is missing or damaged."""
    try:
        about = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) else {}

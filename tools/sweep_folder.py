"""The folder of a sweep: one run per number of slices, what they share, and their table."""

import fcntl
import json
import os
import shutil
from pathlib import Path

from pylayers.errors import UsageError
from tools.run_folder import RunFolder, relative, write_json
from tools.run_manifest import FINISHED

SWEPT = ("slices", "test_slices")  # what may differ between the runs of one sweep


class SweepFolder:
    """A folder that is a sweep's own, locked against other sweeps while in use.

    wanted: what defines one of the runs (tools.run_manifest.wanted_run). Entering makes the folder;
    UsageError when it holds something else, another sweep, or is in use.
    """

    def __init__(self, path, wanted: dict):
        self.path = Path(path)
        self.shared = {key: value for key, value in wanted.items() if key not in SWEPT}
        self.about = self.path / "sweep.json"
        self.table = self.path / "table6.csv"

    def run(self, slices: int) -> RunFolder:
        """Return the run of a number of slices."""
        return RunFolder(self.path / str(slices))

    def __enter__(self):
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.lock = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise UsageError(f"--out {relative(self.path)}: {error.strerror}") from None
        try:
            self._claim()
        except BaseException:
            os.close(self.lock)
            raise
        return self

    def __exit__(self, *_):
        os.close(self.lock)

    def _claim(self) -> None:
        """Lock the folder and write down what is its own, or check that it is the same."""
        where = relative(self.path)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(f"another sweep is at work in {where}") from None
        if not self.about.exists():
            if any(not path.name.startswith(".") for path in self.path.iterdir()):
                raise UsageError(f"{where} is no folder of a sweep and not empty")
            write_json(self.about, self.shared)
        there = content(self.about)
        differs = [key for key in self.shared if there.get(key) != self.shared[key]]
        if differs:
            raise UsageError(
                f"{where} holds another sweep (its {differs[0]} differs); remove the folder or "
                "choose another with --out"
            )

    def discard_unfinished(self, run: RunFolder) -> bool:
        """Remove a run that was begun and not finished; return whether there was one.

        However far it came: a kill may have left a folder without run.json.
        """
        gone = self.path / f".{run.path.name}.discarded"
        shutil.rmtree(gone, ignore_errors=True)  # of a sweep that was killed here
        if not run.path.exists() or content(run.run_json).get("state") == FINISHED:
            return False
        run.path.rename(gone)  # first: a Caffe that is about to end may still write into it
        shutil.rmtree(gone, ignore_errors=True)
        return True


def content(path: Path) -> dict:
    """Return the object in a JSON file; {} when it is missing or damaged."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}

"""What worker processes are told first: what they do, and with what.

module: the program of the process (worker_side.py runs it). scratch: absolute path of a folder for
what it unpacks, which dead workers leave.
"""

from typing import NamedTuple


class ScoreSetup(NamedTuple):
    """Scoring. runs: absolute paths, as RunFolder.at takes them. gpu: its number, None: the CPU.

    scored_with: what must be found there, None where that does not matter.
    """

    runs: tuple[str, ...]
    gpu: int | None
    contributions: bool
    scratch: str
    offsets: int = 1
    resample: bool = False
    engine: str = "caffe"
    scored_with: dict | None = None

    module = "tools.scoring.score_worker"


class PrepareSetup(NamedTuple):
    """Storing lung crops.

    cohort: the folder as the user named it; absolute for other machines. views: those that are
    stored, too, with commas.
    """

    cohort: str
    scratch: str
    views: str = ""

    module = "tools.workers.prepare_worker"


class FeatureSetup(NamedTuple):
    """Features for the baselines. cohort: its folder, as the user named it."""

    cohort: str
    scratch: str

    module = "tools.baselines.feature_worker"

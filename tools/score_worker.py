"""What a worker process of score_cohort does: load the nets, then score scan after scan.

Started by tools/worker_pool.py with the number of its socket.
"""

import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

from pylayers.child_process import end_with_parent
from pylayers.errors import WeightsError
from tools.run_folder import RunFolder
from tools.scan_result import score
from tools.scan_table import ScanJob, source_key
from tools.score_tables import row_of, slices_of
from tools.scorer import Scorer
from tools.worker_pool import Lost, Setup, Unusable


def serve(connection: Connection) -> None:
    """Load the nets, say so, then answer each job until the other side closes."""
    setup: Setup = connection.recv()
    try:
        how = (setup.gpu, setup.offsets, setup.resample)
        scorers = [Scorer(RunFolder(Path(run)), *how) for run in setup.runs]
    except WeightsError as error:
        connection.send(Unusable(str(error)))
        return
    connection.send(len(scorers))
    while True:
        job = connection.recv()
        try:
            connection.send(entry_of(job, scorers, setup))
        except Exception as error:  # of whatever kind: the other scans must be scored
            connection.send(Lost(sentence_of(error)))


def entry_of(job: ScanJob, scorers: list[Scorer], setup: Setup) -> dict:
    """Score a scan; return what the journal keeps of it."""
    # before the scan is read: one that changes meanwhile is scored again
    key = source_key(job, setup.allow_uneven)
    result = score(
        scorers,
        job.scan,
        job.mask,
        mask_labels=job.mask_labels,
        allow_uneven=setup.allow_uneven,
    ).result
    entry = {"scan_id": job.scan_id, "source_key": key, "row": row_of(job.scan_id, result)}
    return entry | ({"slices": slices_of(result)} if setup.contributions else {})


def sentence_of(error: Exception) -> str:
    """Return a line about a bug: what and where, but no message, which may name folders."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"unexpected {type(error).__name__} in {Path(place.filename).name}:{place.lineno}"


if __name__ == "__main__":
    end_with_parent()
    try:
        serve(Connection(int(sys.argv[1])))
    except (EOFError, ConnectionError):
        sys.exit(0)  # the other side closed or is gone

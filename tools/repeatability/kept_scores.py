"""The network's scores of repeated scans, kept one by one: what is scored is not scored again."""

from collections.abc import Callable

import numpy as np

from pylayers.cohort.cohort import Cohort
from pylayers.cohort.store import read_crop, read_hashes
from pylayers.command_line.progress_bar import progress_bar
from pylayers.errors import CohortError
from tools.scoring.score_journal import Journal
from tools.training.run_folder import RunFolder

JOURNAL = "repeatability_scores.jsonl"


def scores_of(
    cohort: Cohort,
    run: RunFolder,
    weights_sha256: str,
    score: Callable[[np.ndarray], float],
    quiet: bool,
) -> dict[str, float]:
    """Return scan_id -> score of a cohort's scans.

    score: function from a crop, int16 (n, h, w) HU, to the network's number. Scores of other
    weights or other voxels are made anew. Raises CohortError for a damaged store, and UsageError
    while another run is at work.
    """
    journal = Journal(run.path / JOURNAL)
    try:
        journal.begin({"kind": "repeatability"})
        scores = {}
        bar = progress_bar(
            cohort.scans, name="score", unit="scan", quiet=quiet, total=len(cohort.scans)
        )
        for scan in bar:
            store = cohort.store_path(scan)
            hashes = read_hashes(store)
            if hashes is None:
                raise CohortError(f"{store} is missing or damaged; remove it and try again")
            made_from = f"{weights_sha256} {hashes[0]}"
            entry = journal.entries.get(scan.scan_id)
            if entry is None or entry.get("made_from") != made_from:
                value = score(read_crop(store).hu)
                entry = {"scan_id": scan.scan_id, "made_from": made_from, "score": value}
                journal.add(entry)
            scores[scan.scan_id] = float(entry["score"])
        return scores
    finally:
        journal.close()

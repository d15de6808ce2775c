"""Phantoms of which the lungs alone are kept: OUT/cohort is what tools/prepare_cohort.py makes.

A cohort of thousands takes a fifth of the disk space that its scans would.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2

from data.phantom.cohort_folder import (
    COLUMNS,
    VERSION,
    declare_targets,
    facts_path,
    row_of,
    scan_id_of,
    write_facts,
)
from data.phantom.simulation import simulate
from data.phantom.stored_scan import is_current, slices_text, store_rendered
from pylayers.cohort.cohort import TABLE, store_path, write_rows
from pylayers.cohort.cohort_row import cohort_row
from pylayers.cohort.store import read_facts
from pylayers.errors import CohortError, ScanRefused
from pylayers.files.whole_file import whole_file
from pylayers.lungs.views import View

COHORT = "cohort"
STORED_FOLDERS = (f"{COHORT}/scans", "facts")


def store_one(
    index: int,
    out: Path,
    seed: int,
    thin_share: float,
    thickest_mm: float | None = None,
    views: Sequence[View] = (),
) -> str:
    """Store phantom `index` (from 1), and views of it, in the cohort below `out` if not there.

    Its lungs are found, no mask is given. Returns why it is refused, or "".
    """
    cv2.setNumThreads(1)
    store = store_path(out / COHORT, scan_id_of(index))
    key = f"phantom version {VERSION} {seed} {slices_text(thin_share, thickest_mm)} {index}"
    facts = facts_path(out, index)
    try:
        if facts.exists() and is_current(store, key, views):
            return ""
    except ScanRefused as refusal:
        return str(refusal)
    subject, phantom, row = simulate(seed, index, thin_share, thickest_mm)
    with whole_file(facts) as partial:
        write_facts(partial, row)
    return store_rendered(store, key, subject, phantom.hu, views)


def write_cohort(out: Path, indices: list[int]) -> list[dict]:
    """Write cohort.csv for stored phantoms, without splits; return its rows.

    CohortError when there is none.
    """
    rows = []
    for index in indices:
        known = row_of(out, index) | {"path": "", "mask": ""}
        facts = read_facts(store_path(out / COHORT, known["scan_id"]))
        rows.append(cohort_row({column: known[column] for column in COLUMNS}, facts))
    if not rows:
        raise CohortError(f"none of the phantoms could be stored in {out}")
    write_rows(out / COHORT / TABLE, rows)
    declare_targets(out / COHORT)
    return rows

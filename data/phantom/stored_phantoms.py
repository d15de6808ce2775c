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
from data.phantom.second_files import second_columns, store_second, stored_hashes
from data.phantom.simulation import simulate
from data.phantom.stored_scan import is_current, slices_text, store_rendered
from data.phantom.twins import TARGETS
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
    kinds: Sequence[str] = (),
    views: Sequence[View] = (),
) -> str:
    """Store phantom `index` (from 1) in the cohort below `out` as far as it is not there.

    Lungs are found, no mask is given. kinds: of second scans that it has; views: of the first scan.
    Returns why it, or one of them, is refused, or "".
    """
    refusals = (
        _store_first(index, out, seed, thin_share, thickest_mm, views),
        *(store_second(index, kind, out, out / COHORT, seed, thin_share) for kind in kinds),
    )
    return next(filter(None, refusals), "")


def _store_first(
    index: int,
    out: Path,
    seed: int,
    thin_share: float,
    thickest_mm: float | None,
    views: Sequence[View],
) -> str:
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


def write_cohort(out: Path, indices: list[int], kinds: Sequence[str] = ()) -> list[dict]:
    """Write cohort.csv for stored phantoms, without splits; return its rows.

    kinds: of second scans that all have. CohortError when there is no phantom.
    """
    rows = []
    for index in indices:
        known = row_of(out, index) | {"path": "", "mask": ""}
        facts = read_facts(store_path(out / COHORT, known["scan_id"]))
        row = {column: known[column] for column in COLUMNS} | dict.fromkeys(kinds, "")
        seconds = {"seconds": stored_hashes(out / COHORT, index, kinds)}
        rows.append(cohort_row(row | second_columns(out, index, kinds), facts | seconds))
    if not rows:
        raise CohortError(f"none of the phantoms could be stored in {out}")
    write_rows(out / COHORT / TABLE, rows)
    declare_targets(out / COHORT, [target for kind in kinds for target in TARGETS[kind]])
    return rows

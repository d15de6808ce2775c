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
from data.phantom.stored_scan import is_current, store_rendered
from data.phantom.twins import TARGETS
from pylayers.cohort.cohort import TABLE, store_path, write_rows
from pylayers.cohort.cohort_row import cohort_row
from pylayers.cohort.store import read_facts
from pylayers.files.whole_file import whole_file

COHORT = "cohort"
STORED_FOLDERS = (f"{COHORT}/scans", "facts")


def store_one(
    index: int, out: Path, seed: int, thin_share: float, kinds: Sequence[str] = ()
) -> str:
    """Store phantom `index` (from 1) in the cohort below `out` unless it is there.

    Lungs are found, no mask is given. kinds: of second scans that it has. Returns why it, or one of
    them, is refused, or "".
    """
    refusals = (
        _store_first(index, out, seed, thin_share),
        *(store_second(index, kind, out, out / COHORT, seed, thin_share) for kind in kinds),
    )
    return next(filter(None, refusals), "")


def _store_first(index: int, out: Path, seed: int, thin_share: float) -> str:
    cv2.setNumThreads(1)
    store = store_path(out / COHORT, scan_id_of(index))
    key = f"phantom version {VERSION} {seed} {thin_share} {index}"
    facts = facts_path(out, index)
    if facts.exists() and is_current(store, key):
        return ""
    subject, phantom, row = simulate(seed, index, thin_share)
    with whole_file(facts) as partial:
        write_facts(partial, row)
    return store_rendered(store, key, subject, phantom.hu)


def write_cohort(out: Path, indices: list[int], kinds: Sequence[str] = ()) -> list[dict]:
    """Write cohort.csv for stored phantoms, without splits; return its rows.

    kinds: of second scans that all have.
    """
    rows = []
    for index in indices:
        known = row_of(out, index) | {"path": "", "mask": ""}
        facts = read_facts(store_path(out / COHORT, known["scan_id"]))
        row = {column: known[column] for column in COLUMNS} | dict.fromkeys(kinds, "")
        seconds = {"seconds": stored_hashes(out / COHORT, index, kinds)}
        rows.append(cohort_row(row | second_columns(out, index, kinds), facts | seconds))
    write_rows(out / COHORT / TABLE, rows)
    declare_targets(out / COHORT, [target for kind in kinds for target in TARGETS[kind]])
    return rows

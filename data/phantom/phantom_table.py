"""table.csv of a phantom cohort: a row a phantom, with paths relative to it."""

from collections.abc import Sequence
from pathlib import Path

from data.phantom.cohort_folder import COLUMNS, declare_targets, paths_of, row_of
from data.phantom.second_files import second_columns, second_scan_path
from data.phantom.twins import TARGETS
from pylayers.cohort.cohort import write_rows


def write_table(out: Path, count: int, kinds: Sequence[str] = ()) -> list[dict]:
    """Write table.csv for phantoms 1..count; return its rows. kinds: of their second scans."""
    rows = []
    for index in range(1, count + 1):
        paths = paths_of(out, index)
        row = row_of(out, index) | {
            "path": paths["mhd"].relative_to(out).as_posix(),
            "mask": paths["mask"].relative_to(out).as_posix() if "mask" in paths else "",
        }
        seconds = {k: second_scan_path(out, index, k).relative_to(out).as_posix() for k in kinds}
        own = {column: row[column] for column in COLUMNS}
        rows.append(own | seconds | second_columns(out, index, kinds))
    write_rows(out / "table.csv", rows)
    declare_targets(out, [target for kind in kinds for target in TARGETS[kind]])
    return rows

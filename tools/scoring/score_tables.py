"""The tables of score_cohort: a row per scan, and on request a row per slice and target."""

from collections.abc import Sequence
from pathlib import Path

from pylayers.cohort.cohort import write_rows
from pylayers.files.whole_file import write_whole

ERROR = "error"  # in column `refused`: the scan could not be scored through no fault of its own
SLICE_COLUMNS = ("scan_id", "index", "z_mm", "contribution")  # of a view y_mm or x_mm
WEIGHT = "weight"  # one more, where scans are scored from several offsets


def columns(targets: list[str]) -> list[str]:
    """Return the table's columns."""
    about = ("lungs_l", "laa950", "perc15", "slices", "mask", "warnings", "refused", "sentence")
    return ["scan_id", *targets, *about]


def row_of(scan_id: str, result: dict) -> dict[str, str]:
    """Return the row of score_scan's result; blank where a refused scan has nothing to say."""
    lungs, refused = result["lungs"], result["refused"] or {}
    row = {"scan_id": scan_id, "warnings": "; ".join(result["warnings"])}
    row |= {name: repr(target["score"]) for name, target in result["targets"].items()}
    if lungs is not None:
        row |= {
            "lungs_l": repr(lungs["volume_l"]),
            "laa950": repr(lungs["laa950_percent"]),
            "perc15": repr(lungs["perc15_hu"]),
            "slices": str(lungs["box"]["z1"] - lungs["box"]["z0"]),
            "mask": lungs["mask"],
        }
    # a sentence may name a file, and those may have names that are no UTF-8
    sentence = refused.get("sentence", "").encode(errors="replace").decode()
    return row | {"refused": refused.get("slug", ""), "sentence": sentence}


def error_row(scan_id: str, sentence: str) -> dict[str, str]:
    """Return the row of a scan whose scoring failed unexpectedly."""
    return {"scan_id": scan_id, "refused": ERROR, "sentence": sentence}


def slices_of(result: dict) -> dict[str, list]:
    """Return each target's slices as [index, z_mm, contribution], then the weight if it has one.

    In place of z_mm, slices of a view have y_mm or x_mm.
    """
    return {
        name: [list(one.values()) for one in target["slices"]]
        for name, target in result["targets"].items()
    }


def contributions_path(table: Path, target: str) -> Path:
    """Return where a target's contributions go."""
    return table.with_name(f"{table.stem}_contributions_{target}.csv")


def write_scores(table: Path, targets: list[str], rows: list[dict[str, str]]) -> None:
    """Write the table of scans."""
    names = columns(targets)
    _write(table, names, [{name: row.get(name, "") for name in names} for row in rows])


def write_contributions(
    table: Path,
    target: str,
    entries: list[dict],
    weighted: bool = False,
    position: str = SLICE_COLUMNS[2],
) -> None:
    """Write the slices of a target; entries: scan_id and slices, as the journal keeps them.

    weighted: whether the slices have weights. position: the name of where they lie.
    """
    names = [position if name == SLICE_COLUMNS[2] else name for name in SLICE_COLUMNS]
    names += [WEIGHT] if weighted else []
    rows = [
        dict(zip(names, (entry["scan_id"], *values), strict=True))
        for entry in entries
        for values in entry["slices"].get(target, ())
    ]
    _write(contributions_path(table, target), names, rows)


def _write(path: Path, names: Sequence[str], rows: list[dict]) -> None:
    if rows:
        write_rows(path, rows)
    else:
        write_whole(path, ",".join(names) + "\n")

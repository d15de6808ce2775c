"""The tables of score_cohort: a row per scan, and on request a row per slice and target."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from pylayers.cohort.cohort import write_rows
from pylayers.files.whole_file import write_whole
from pylayers.lungs.views import VIEWS
from tools.scoring.slice_places import position_name

ERROR = "error"  # in column `refused`: the scan could not be scored through no fault of its own


def columns(targets: list[str]) -> list[str]:
    """Return the table's columns."""
    about = ("lungs_l", "laa950", "perc15", "slices", "mask", "warnings", "refused", "sentence")
    return ["scan_id", *targets, *about]


def slice_columns(target: str, head: Mapping) -> list[str]:
    """Return the columns of a target's slices; head: what the tables are made with.

    Slices of a view lie at y_mm or x_mm. From several offsets each has a weight, too.
    """
    view = VIEWS.get(head.get("views", {}).get(target))
    weight = ["weight"] if "offsets" in head else []
    return ["scan_id", "index", position_name(view), "contribution", *weight]


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
    """Return each target's slices as slice_columns has them, without the scan_id.

    What a second scan gives a slice for a partner is left out.
    """
    return {
        name: [[value for value in one.values() if not isinstance(value, dict)] for one in slices]
        for name, target in result["targets"].items()
        for slices in [target["slices"]]
    }


def contributions_path(table: Path, target: str) -> Path:
    """Return where a target's contributions go."""
    return table.with_name(f"{table.stem}_contributions_{target}.csv")


def write_scores(table: Path, targets: list[str], rows: list[dict[str, str]]) -> None:
    """Write the table of scans."""
    names = columns(targets)
    _write(table, names, [{name: row.get(name, "") for name in names} for row in rows])


def write_contributions(table: Path, target: str, entries: list[dict], head: Mapping) -> None:
    """Write the slices of a target; entries: scan_id and slices, as the journal keeps them.

    head: what the tables are made with.
    """
    names = slice_columns(target, head)
    rows = [
        dict(zip(names, (entry["scan_id"], *values), strict=True))
        for entry in entries
        for values in entry["slices"].get(target, ())
    ]
    _write(contributions_path(table, target), names, rows)


def summary(rows: list[dict[str, str]], table: Path) -> str:
    """Return the lines that end a run: how many scans were scored, refused, and failed."""
    reasons = Counter(row["refused"] for row in rows if row["refused"])
    errors = reasons.pop(ERROR, 0)
    refused = ", ".join(f"{count} {slug}" for slug, count in reasons.most_common())
    lines = [
        f"scored   {len(rows) - reasons.total() - errors}",
        f"refused  {reasons.total()}{f' ({refused})' if refused else ''}",
        *([f"errors   {errors} (--continue tries them again)"] if errors else []),
        f"table    {table}",
        "research use, not a medical device",
    ]
    return "\n".join(lines)


def _write(path: Path, names: Sequence[str], rows: list[dict]) -> None:
    if rows:
        write_rows(path, rows)
    else:
        write_whole(path, ",".join(names) + "\n")

"""Which column of COPDGene's phenotype table holds which quantity, over its generations of names.

A column `..._P1` is of visit 1, `..._P2` of visit 2. A name without a suffix is of visit 1; in a
long table, which has a column visitnum and one row a visit, of the row's visit.
"""

from typing import NamedTuple

from pylayers.cohort.targets import TARGETS
from pylayers.errors import CohortError
from pylayers.files.text_table import TextTable

OLDER, P1P2, NEWEST, BOTH = "older", "P1P2", "2024", "P1P2 and 2024"
SID_COLUMN, VISIT_COLUMN = "sid", "visitnum"
VISITS = (1, 2)
# Preferred first: what the newest release holds was corrected last. {v} is the visit. `post` and
# `utah` are both spirometry after a bronchodilator.
NAMES = {
    "ve": (("CT_Visual_Emph_Severity_P{v}", P1P2), ("CT_Visual_Emph_Severity", NEWEST)),
    "fev1fvc": (
        ("FEV1_FVC_post_P{v}", NEWEST),
        ("FEV1_FVC_post", NEWEST),
        ("FEV1_FVC_utah_P{v}", P1P2),
        ("FEV1_FVC_utah", OLDER),
    ),
    "fev1pp": (
        ("FEV1pp_post_P{v}", NEWEST),
        ("FEV1pp_post", NEWEST),
        ("FEV1pp_utah_P{v}", P1P2),
        ("FEV1pp_utah", OLDER),
    ),
    "gold": (
        ("finalgold_visit_P{v}", NEWEST),
        ("finalgold_visit", NEWEST),
        ("finalGold_P{v}", BOTH),
        ("finalGold", OLDER),
    ),
    "pctEmph": (
        ("pctEmph_Thirona_P{v}", BOTH),
        ("pctEmph_Thirona", NEWEST),
        ("pctEmph_Slicer_P{v}", P1P2),
        ("pctEmph_Slicer", OLDER),
    ),
}


def known_columns() -> set[str]:
    """Return every column that may be looked at."""
    quantities = {name.format(v=v) for names in NAMES.values() for name, _ in names for v in VISITS}
    return quantities | {SID_COLUMN, VISIT_COLUMN}


class Choice(NamedTuple):
    """The column taken for a quantity, as written, and what the table has besides."""

    column: str
    generation: str
    others: list[str]
    blank: list[str]  # would have come first, but hold no value


def candidates(quantity: str, visit: int, long_table: bool) -> list[tuple[str, str]]:
    """Return the (name, generation) that may hold a quantity of a visit, preferred first."""
    return [
        (name.format(v=visit), generation)
        for name, generation in NAMES[quantity]
        if visit == 1 or long_table or name.endswith("_P{v}")
    ]


def choose_columns(table: TextTable, rows: list[dict], visit: int) -> dict[str, Choice | None]:
    """Return quantity -> the column to take from rows, None where there is none.

    The first name of NAMES that the table has and that holds any value is taken. Raises CohortError
    when the table has none of the three outcomes.
    """
    long_table = table.column(VISIT_COLUMN) is not None
    chosen, all_blank = {}, []
    for quantity in NAMES:
        found, blank = [], []
        for name, generation in candidates(quantity, visit, long_table):
            key = table.column(name)
            if key is None:
                continue
            if any(row[key] for row in rows):
                found.append((table.columns[key], generation))
            else:
                blank.append(table.columns[key])
        others = [name for name, _ in found[1:]]
        all_blank += blank
        chosen[quantity] = Choice(*found[0], others, blank) if found else None
    if not any(chosen[target] for target in TARGETS):
        looked_for = "; ".join(
            f"{target}: " + ", ".join(name for name, _ in candidates(target, visit, long_table))
            for target in TARGETS
        )
        noted = f" ({', '.join(all_blank)}: no value)" if all_blank else ""
        raise CohortError(f"{table.name} has none of the columns looked for{noted}: {looked_for}")
    return chosen


def said_of(quantity: str, choice: Choice | None) -> str:
    """Return one line on the column of a quantity."""
    if choice is None:
        return f"  {quantity:8s} no column; left blank"
    line = f"  {quantity:8s} {choice.column} (name of {choice.generation})"
    if choice.blank:
        line += f", as {', '.join(choice.blank)} holds no value"
    if choice.others:
        line += f", before {', '.join(choice.others)}"
    return line

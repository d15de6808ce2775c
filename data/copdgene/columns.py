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
    """Return the name of every column that may be read."""
    quantities = {name.format(v=v) for names in NAMES.values() for name, _ in names for v in VISITS}
    return quantities | {SID_COLUMN, VISIT_COLUMN}


class Choice(NamedTuple):
    """The column used for a quantity, as written, and others of the table that could have been.

    blank: columns that NAMES prefers, but that hold no value.
    """

    column: str
    generation: str
    others: list[str]
    blank: list[str]


def candidates(quantity: str, visit: int, long_table: bool) -> list[tuple[str, str]]:
    """Return the (name, generation) that may hold a quantity of a visit, preferred first."""
    return [
        (name.format(v=visit), generation)
        for name, generation in NAMES[quantity]
        if visit == 1 or long_table or name.endswith("_P{v}")
    ]


def choose_columns(table: TextTable, rows: list[dict], visit: int) -> dict[str, Choice | None]:
    """Return quantity -> the column to use for rows, None where there is none.

    It is the first of NAMES that the table has and that holds any value. Raises CohortError when
    the table has none of the three outcomes.
    """
    long_table = table.column(VISIT_COLUMN) is not None
    chosen, all_blank = {}, []
    for quantity in NAMES:
        filled, blank = [], []
        for name, generation in candidates(quantity, visit, long_table):
            key = table.column(name)
            if key is None:
                continue
            if any(row[key] for row in rows):
                filled.append((table.columns[key], generation))
            else:
                blank.append(table.columns[key])
        others = [name for name, _ in filled[1:]]
        all_blank += blank
        chosen[quantity] = Choice(*filled[0], others, blank) if filled else None
    if not any(chosen[target] for target in TARGETS):
        names = "; ".join(
            f"{target}: " + ", ".join(name for name, _ in candidates(target, visit, long_table))
            for target in TARGETS
        )
        empty = f" ({', '.join(all_blank)}: no value)" if all_blank else ""
        raise CohortError(f"{table.name} has none of the columns looked for{empty}: {names}")
    return chosen


def choice_text(quantity: str, choice: Choice | None) -> str:
    """Return one line on the column of a quantity."""
    if choice is None:
        return f"  {quantity:8s} no column; left blank"
    line = f"  {quantity:8s} {choice.column} (name of {choice.generation})"
    if choice.blank:
        line += f", as {', '.join(choice.blank)} holds no value"
    if choice.others:
        line += f", before {', '.join(choice.others)}"
    return line

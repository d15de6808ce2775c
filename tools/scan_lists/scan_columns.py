"""The columns of people's tables of scans: which one is meant, and what its cells stand for."""

from collections.abc import Collection
from os import PathLike

from pylayers.cohort.cohort import SPLITS
from pylayers.cohort.own_targets import DECLARATIONS
from pylayers.cohort.patient_data import PATIENT_COLUMNS, QUANTITIES
from pylayers.cohort.second_scan import KINDS
from pylayers.cohort.targets import TARGETS
from pylayers.errors import CohortError
from pylayers.files.table_cells import letters_of
from pylayers.files.text_table import TextTable, known, read_text_table, with_point

NEEDED = ("scan_id", "path")
COLUMNS = (
    *(*NEEDED, "subject_id", "mask", "mask_labels", *KINDS, "split"),
    *(*TARGETS, *PATIENT_COLUMNS),
)
NUMBERS = (*TARGETS, *QUANTITIES)
SPLIT_WORDS = {
    **{split: split for split in SPLITS},
    **{"training": "train", "valid": "val", "validation": "val", "testing": "test"},
}


def columns_named(path: str | PathLike[str]) -> set[str]:
    """Return those of COLUMNS that a file's first line names, if it is a table's header."""
    named = set(map(letters_of, read_text_table(path, verbatim=True).columns))
    return {name for name in COLUMNS if letters_of(name) in named}


def columns_of(table: TextTable, others: bool = True, own: Collection[str] = ()) -> dict[str, str]:
    """Return the table's keys and what each is called here: ours, else as written.

    Ours are COLUMNS and own, the targets that are declared. Upper case, blanks and punctuation do
    not matter: `FEV1/FVC` is fev1fvc. Raises CohortError when a needed column is missing or a
    column occurs twice; others: whether columns of any name count.
    """
    for key in table.columns:
        if others or key in COLUMNS:
            table.column(key)
    names = dict(table.columns)
    for name in (*COLUMNS, *own):
        alike = [key for key in names if letters_of(key) == letters_of(name)]
        meant = [name] if name in names else alike
        if len(meant) > 1:
            both = " and ".join(repr(names[key]) for key in meant)
            raise CohortError(f"{table.name} has two columns for {name}: {both}; keep one")
        names |= {key: name for key in meant}
    for name in NEEDED:
        if name not in names.values():
            columns = ", ".join(map(repr, list(names.values())[:8]))
            raise CohortError(f"{table.name} has no column {name}; its columns are {columns}")
    for name in own:
        if name not in names.values():
            raise CohortError(f"{table.name} has no column {name}, which {DECLARATIONS} declares")
    return names


def cell_of(name: str, cell: str, delimiter: str, own: Collection[str] = ()) -> str:
    """Return what a cell of a column stands for: blank for NA and the like, 0.64 for 0,64.

    Other columns than ours are as written. A decimal comma is certain where commas do not separate
    cells: no number of ours is in thousands.
    """
    if name not in (*COLUMNS, *own) or name == "scan_id":
        return cell
    cell = known(cell)
    if name in (*NUMBERS, *own) and delimiter != ",":
        return with_point(cell)
    return cell


def checked_split(text: str, where: str) -> str:
    """Return the split that a word means, blank for none. Raises CohortError."""
    word = text.lower()
    if word and word not in SPLIT_WORDS:
        raise CohortError(f"{where}: split {text!r} is not one of {', '.join(SPLITS)}")
    return SPLIT_WORDS.get(word, "")

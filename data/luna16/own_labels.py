"""Labels that users add to LUNA16, which has none of its own."""

from pathlib import Path

from pylayers.cohort.cohort import checked_labels, checked_scan_id
from pylayers.cohort.targets import TARGETS
from pylayers.errors import CohortError
from pylayers.files.text_table import read_text_table

MOST_NAMED = 10


def read_labels(path: Path) -> dict[str, dict[str, str]]:
    """Return seriesuid -> labels of a CSV; CohortError with the first ten wrong rows."""
    table = read_text_table(path)
    key = table.column("seriesuid")
    known = [name for name in TARGETS if table.column(name)]
    if key is None or not known:
        raise CohortError(
            f"{table.name} needs the column seriesuid and any of {', '.join(TARGETS)}"
        )
    labels = {}
    wrong = [f"{table.name} line {n} has more cells than the header" for n in table.misfits]
    for line, row in table.rows:
        where, uid = f"{table.name} line {line}", row[key]
        try:
            checked_scan_id(uid, where)
            if uid in labels:
                raise CohortError(f"{where}: seriesuid {uid} occurs twice")
            labels[uid] = {name: row[name] for name in known}
            checked_labels(labels[uid], where)
        except CohortError as error:
            wrong.append(str(error))
    if wrong:
        more = f"\n  and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
        raise CohortError("\n  ".join(["the labels are wrong:", *wrong[:MOST_NAMED]]) + more)
    return labels

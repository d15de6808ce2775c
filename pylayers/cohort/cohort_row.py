"""A row of cohort.csv: what is known of a stored scan."""

from pylayers.cohort.second_scan import KINDS, hash_column
from pylayers.cohort.targets import TARGETS


def cohort_row(row: dict, facts: dict) -> dict:
    """Return a row of cohort.csv: ids, labels, what was measured, then the table's own columns.

    row: of the table of scans. facts: those of its store; "seconds": the hashes of the crops of
    its second scans, by kind.
    """
    own = {
        "scan_id": row["scan_id"],
        "subject_id": row.get("subject_id") or row["scan_id"],
        "split": row.get("split", ""),
        **{name: row.get(name, "") for name in TARGETS},
        "laa950": f"{facts['laa950']:.4f}",
        "perc15": f"{facts['perc15_hu']:.2f}",
        "lungs_l": f"{facts['lungs_l']:.4f}",
        "mask": "given" if facts["mask_given"] else "computed",
        "slices": facts["slices"],
        "warnings": "; ".join(facts["warnings"]),
        "crop_sha256": facts["crop_sha256"],
    }
    seconds = facts.get("seconds", {})
    own |= {hash_column(kind): seconds.get(kind, "") for kind in KINDS if kind in row}
    return own | {k: v for k, v in row.items() if k not in own and k not in ("path", *KINDS)}

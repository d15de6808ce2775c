"""Second scans of a subject: their kinds, their names in a cohort, their refusals and notes.

A second scan's crop is stored beside the first's. No scan_id contains `+`, so names never clash.
"""

from pylayers.errors import ScanRefused

# Column of a table of scans -> what is in it, in words.
KINDS = {
    "expiration": "an expiratory scan",
    "earlier": "a scan of an earlier visit",
}


def second_id(scan_id: str, kind: str) -> str:
    """Return the name under which a cohort keeps the second scan of a scan_id."""
    return f"{scan_id}+{kind}"


def hash_column(kind: str) -> str:
    """Return the column of cohort.csv with the hash of the second crop, blank where none is."""
    return f"{kind}_sha256"


def named(kind: str, refusal: ScanRefused) -> ScanRefused:
    """Return the refusal of a second scan, which names it."""
    return ScanRefused(refusal.slug, f"{kind}: {refusal.sentence}")


def same_scan(kind: str) -> ScanRefused:
    """Return the refusal of a second scan whose lungs are the first's, voxel by voxel."""
    return ScanRefused(
        "second-scan-same", f"{kind}: its lungs are those of the first scan, voxel by voxel"
    )


def second_notes(kind: str, first_l: float, second_l: float) -> list[str]:
    """Return what is odd about the lungs of both, volumes in litres, a sentence each."""
    if kind == "expiration" and second_l > first_l:
        return [
            f"expiration: its lungs hold {second_l:.2f} l, the inspiration's {first_l:.2f} l: "
            "are the scans swapped?"
        ]
    return []

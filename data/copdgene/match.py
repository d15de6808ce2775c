"""COPDGene's rows and images brought together: one row of the table for each subject's scan."""

from pathlib import Path

from data.copdgene.gold_check import gold_agrees
from data.copdgene.images import Image, Images
from data.copdgene.phenotypes import Phenotypes, labels_of
from data.importers.found_files import one_each, path_from, shown
from data.importers.left_out import LeftOut
from pylayers.cohort.targets import TARGETS

# Why something is listed; True: the scan is kept all the same.
REASONS = {
    "row-missing": False,
    "row-ambiguous": False,
    "scan-missing": False,
    "scan-ambiguous": False,
    "path": False,
    "bad-row": False,
    "bad-sid": False,
    "link": False,
    "folder-closed": False,
    "mask-missing": True,
    "mask-ambiguous": True,
    "no-number": True,
    "out-of-range": True,
    "no-label": True,
    "gold-disagrees": True,
}


def match_subjects(
    phenotypes: Phenotypes,
    images: Images,
    masks: dict[str, list[Path]],
    masks_apart: bool,
    out: Path,
    left: LeftOut,
) -> list[dict[str, str]]:
    """Return the rows of the table at `out`, sorted by scan_id; what is left out goes to `left`.

    masks: label maps by cid in capitals. masks_apart: whether they lie in a folder of their own; if
    not, each lies beside its scan.
    """
    rows = []
    for sid in sorted({*phenotypes.rows, *phenotypes.twice, *images.scans}):
        scan = only_scan(sid, phenotypes, images, left)
        if scan is None:
            continue
        path = path_from(out, scan.path)
        if path is None:
            left.add(sid, "path", f"the path of {scan.cid} has characters that a table cannot hold")
            continue
        mask = only_mask(scan, masks, masks_apart, out, left)
        values = labels_of(sid, phenotypes.rows[sid], phenotypes, left)
        if not any(values[target] for target in TARGETS):
            left.add(sid, "no-label", "none of the outcomes is known; kept without a label")
        if gold_agrees(values) is False:
            left.add(sid, "gold-disagrees", disagreement(values))
        facts = {"scan_id": scan.cid, "subject_id": sid, "path": path, "mask": mask}
        rows.append(facts | values | {"site": scan.site})
    return sorted(rows, key=lambda row: row["scan_id"])


def only_scan(sid: str, phenotypes: Phenotypes, images: Images, left: LeftOut) -> Image | None:
    """Return the scan of a subject with one row and one scan; others are listed."""
    scans = images.scans.get(sid, [])
    if sid in phenotypes.twice:
        lines = ", ".join(map(str, phenotypes.twice[sid]))
        left.add(sid, "row-ambiguous", f"several rows in the table: lines {lines}")
    elif sid not in phenotypes.rows:
        left.add(sid, "row-missing", f"{scans[0].cid} has no row in the table")
    elif not scans:
        left.add(sid, "scan-missing", "the row has no scan of the wanted kind")
    elif len(scans) > 1:
        places = ", ".join(shown(scan.path) for scan in scans)
        left.add(sid, "scan-ambiguous", f"{len(scans)} scans: {places}")
    else:
        return scans[0]
    return None


def only_mask(
    scan: Image, masks: dict[str, list[Path]], masks_apart: bool, out: Path, left: LeftOut
) -> str:
    """Return the path of a scan's one label map, blank when there is none or several."""
    if not masks and not masks_apart:  # a study without label maps misses none
        return ""
    named = masks.get(scan.cid.upper(), [])
    own = one_each([m for m in named if masks_apart or m.parent == scan.path.parent])
    if len(own) > 1:
        places = ", ".join(map(shown, own))
        left.add(scan.sid, "mask-ambiguous", f"{len(own)} label maps: {places}; none is used")
        return ""
    path = path_from(out, own[0]) if own else None
    if path is None:
        hint = f" beside it ({shown(named[0])} needs --masks)" if named and not own else ""
        sentence = f"no usable label map{hint}; the lungs will be computed"
        left.add(scan.sid, "mask-missing", sentence)
    return path or ""


def disagreement(values: dict[str, str]) -> str:
    """Return the sentence on a GOLD code that lung function does not give."""
    return (
        f"the table says GOLD {values['gold']}, but FEV1/FVC is {values['fev1fvc']} and "
        f"FEV1 {values['fev1pp']} % predicted"
    )

"""Make a table for tools/prepare_cohort.py from LUNA16's folders.

FOLDER holds subset0..9/<seriesuid>.mhd with their .raw, and seg-lungs-LUNA16/<seriesuid>.mhd,
lung masks in which 3 is the left lung, 4 the right and 5 the trachea. LUNA16 has no lung function:
labels are blank unless --labels gives them. What is left out is listed in <out>_left_out.csv.
"""

import argparse
import re
import sys
from pathlib import Path

from data.importers.found_files import one_each, path_from, search, shown
from data.importers.left_out import LeftOut, left_out_path
from data.importers.next_steps import checked_out, next_steps
from data.luna16.own_labels import read_labels
from pylayers.cohort.cohort import checked_scan_id, write_rows
from pylayers.cohort.targets import TARGETS
from pylayers.command_line.exit_codes import run
from pylayers.command_line.path_argument import given_path
from pylayers.errors import CohortError

MASK_FOLDER = "seg-lungs-luna16"  # compared in lower case
MASK_LABELS = "3 4"
SUBSET = re.compile(r"subset\d+", re.ASCII | re.IGNORECASE)
VOXELS = (".raw", ".zraw")  # what a .mhd of that name has beside it

# Why something is listed; True: the scan is kept all the same.
REASONS = {
    "scan-ambiguous": False,
    "no-voxels": False,
    "scan-id": False,
    "path": False,
    "link": False,
    "folder-closed": False,
    "scan-missing": False,
    "mask-missing": True,
    "mask-ambiguous": True,
}


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    p.add_argument(
        "folder", type=given_path, help="folder that holds subset0..9 and seg-lungs-LUNA16"
    )
    p.add_argument("--out", type=given_path, required=True, help="CSV to write")
    p.add_argument(
        "--labels", type=given_path, help="CSV: seriesuid and any of ve, fev1fvc, fev1pp"
    )
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def import_luna16(args: argparse.Namespace) -> None:
    """Write the table of scans and the list of what was left out, then print a summary."""
    checked_out(args.out, args.labels)
    left = LeftOut("seriesuid", REASONS)
    labels = read_labels(args.labels) if args.labels else {}
    files = search(args.folder, is_mhd, left, args.quiet)
    scans, masks = scans_and_masks(files, args.folder)
    if not scans:
        raise CohortError(f"no subset0..9/<seriesuid>.mhd below {args.folder}")
    rows = [
        row
        for uid in sorted(scans)
        if (row := row_of(uid, scans[uid], masks, labels, args.out, left)) is not None
    ]
    for uid in sorted(labels.keys() - scans.keys()):
        left.add(uid, "scan-missing", "has labels, but no scan")
    listed = left_out_path(args.out)
    left.write(listed)
    if not rows:
        raise CohortError(f"none of the {len(scans)} scans can be used; see {listed}")
    write_rows(args.out, rows)
    if not args.quiet:
        print(summary(args.out, rows, left))


def scans_and_masks(
    files: list[Path], folder: Path
) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
    """Return the scans and the masks among files below a folder, each as seriesuid -> files."""
    scans, masks = {}, {}
    for path in one_each(files):
        places = path.relative_to(folder.resolve().parent).parts[:-1]
        if MASK_FOLDER in map(str.lower, places):
            masks.setdefault(path.stem, []).append(path)
        elif any(map(SUBSET.fullmatch, places)):
            scans.setdefault(path.stem, []).append(path)
    return scans, masks


def is_mhd(name: str) -> bool:
    """Return whether a file's name is that of a MetaImage header."""
    return name.lower().endswith(".mhd")


def row_of(
    uid: str,
    files: list[Path],
    masks: dict[str, list[Path]],
    labels: dict[str, dict[str, str]],
    out: Path,
    left: LeftOut,
) -> dict[str, str] | None:
    """Return the row of a scan; None, with the reason in `left`, when it cannot be used."""
    name = shown(Path(uid))
    try:
        checked_scan_id(uid, "name")
    except CohortError:
        left.add(name, "scan-id", "the file's name is not a seriesuid")
        return None
    if len(files) > 1:
        left.add(uid, "scan-ambiguous", f"{len(files)} files: {', '.join(map(shown, files))}")
        return None
    if not has_voxels(files[0]):
        left.add(uid, "no-voxels", f"{shown(files[0])} has no .raw beside it")
        return None
    path = path_from(out, files[0])
    if path is None:
        left.add(uid, "path", "its path has characters that a table cannot hold")
        return None
    mask = mask_of(uid, masks.get(uid, []), out, left)
    subsets = [part for part in files[0].parts[:-1] if SUBSET.fullmatch(part)]
    return {
        "scan_id": uid,
        "subject_id": uid,
        "path": path,
        "mask": mask,
        "mask_labels": MASK_LABELS if mask else "",
        **{target: labels.get(uid, {}).get(target, "") for target in TARGETS},
        "subset": subsets[-1].lower(),
    }


def mask_of(uid: str, files: list[Path], out: Path, left: LeftOut) -> str:
    """Return the path of a scan's one mask, blank when there is none or several."""
    path = path_from(out, files[0]) if len(files) == 1 and has_voxels(files[0]) else None
    if len(files) > 1:
        sentence = f"{len(files)} masks: {', '.join(map(shown, files))}; none is used"
        left.add(uid, "mask-ambiguous", sentence)
    elif path is None:
        left.add(uid, "mask-missing", "no usable mask; the lungs will be computed")
    return path or ""


def has_voxels(header: Path) -> bool:
    """Return whether the voxels of a .mhd lie beside it."""
    return any(header.with_suffix(suffix).is_file() for suffix in VOXELS)


def summary(out: Path, rows: list[dict], left: LeftOut) -> str:
    """Return the lines printed at the end: what was used, what was left out, what comes next."""
    known = {target: sum(bool(row[target]) for row in rows) for target in TARGETS}
    subsets = {row["subset"] for row in rows}
    masks = sum(bool(row["mask"]) for row in rows)
    lines = [f"{out}: {len(rows)} scans of {len(subsets)} subsets, {masks} with a mask"]
    lines += left.summary(left_out_path(out))
    lines.append("labels: " + ", ".join(f"{target} {count}" for target, count in known.items()))
    if not any(known.values()):
        lines.append("without labels these scans can be scored, but not trained on")
    return "\n".join([*lines, *next_steps(out, known)])


def main(argv: list[str] | None = None) -> int | None:
    """Run the program."""
    return import_luna16(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))

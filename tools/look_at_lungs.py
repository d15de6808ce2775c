"""Draw what is taken for lung in each scan: three axial slices and a coronal one, side by side.

SCANS is a folder, a list of paths or a CSV, as for score_cohort.py. Refused scans are drawn, too,
as far as they can be read, with the reason. No network is needed. Beyond 60 scans there are several
pictures, lungs_1of3.png and so on.

Research use, not a medical device.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from pylayers.command_line.exit_codes import refusal, run
from pylayers.command_line.path_argument import given_path_text
from pylayers.command_line.progress_bar import progress_bar, say
from pylayers.errors import MachineError, ScanRefused, UsageError
from pylayers.files.output_check import check_output
from pylayers.lungs.crop import Box
from pylayers.lungs.densitometry import laa950, volume_l
from pylayers.lungs.scan_lungs import lungs_of_scan, read_requested
from tools.figures.lung_sheet import Row, lung_sheet, row_of, sheet_caption
from tools.figures.style import write_png
from tools.scan_lists.scan_list import jobs_of
from tools.scan_lists.scan_table import ScanJob

MOST_ROWS = 60  # of one picture, which is then three metres high


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument(
        "scans", type=given_path_text, metavar="SCANS", help="folder of scans, list of scans or CSV"
    )
    p.add_argument(
        "--out",
        type=given_path_text,
        default="lungs.png",
        metavar="PNG",
        help="picture to write (default: %(default)s)",
    )
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def look_at_lungs(args: argparse.Namespace) -> None:
    """Draw the sheet of args.scans."""
    if Path(args.out).suffix != ".png":
        raise UsageError(f"--out {args.out} does not end in .png")
    jobs = jobs_of(args.scans)
    sheets = sheets_of(jobs, Path(args.out))
    for path in sheets:
        check_output(path, "--out")
    with progress_bar(name="look", unit="scan", quiet=args.quiet, total=len(jobs)) as bar:
        for path, part in sheets.items():
            rows = []
            for job in part:
                rows.append(looked_at(job))
                bar.update()
            write_png(lung_sheet(rows), path)
    names = ", ".join(map(str, sheets))
    say(f"{names}: {len(jobs)} scans; {sheet_caption()}", args.quiet)


def sheets_of(jobs: Sequence[ScanJob], out: Path) -> dict[Path, Sequence[ScanJob]]:
    """Return the pictures to draw, each with its scans: `out`, or several of its name."""
    count = max(1, math.ceil(len(jobs) / MOST_ROWS))
    names = [f"{out.stem}_{n}of{count}.png" for n in range(1, count + 1)]
    paths = [out.with_name(name) for name in names] if count > 1 else [out]
    return {path: jobs[n * MOST_ROWS : (n + 1) * MOST_ROWS] for n, path in enumerate(paths)}


def looked_at(job: ScanJob) -> Row:
    """Return the row of a scan, as far as it can be read."""
    scan = mask = None
    try:
        scan = read_requested(job)
        mask, warnings, refused = lungs_of_scan(scan, job)
        notes = warnings if refused is None else (refusal(refused),)
    except ScanRefused as error:
        notes = (refusal(error),)
    except MachineError as error:
        notes = (f"error: {error}",)
    if mask is None:
        return row_of(": ".join((job.scan_id, *notes)), scan)
    volume = f"{volume_l(mask, scan.spacing_mm):.2f} L of lung"
    numbers = f"{volume}, LAA-950 {laa950(scan.hu[mask]):.1f} %"
    return row_of(f"{job.scan_id}: {'; '.join((numbers, *notes))}", scan, mask, Box.around(mask))


def main(argv: list[str] | None = None) -> int | None:
    """Run the program."""
    return look_at_lungs(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))

"""Draw what is taken for lung in each scan: three axial slices and a coronal one, side by side.

SCANS is a folder, a list of paths or a CSV, as for score_cohort.py. Refused scans are drawn, too,
as far as they can be read, with the reason. No network is needed.

Research use, not a medical device.
"""

import argparse
import sys
from pathlib import Path

from pylayers.command_line.exit_codes import refusal, run
from pylayers.command_line.path_argument import given_path_text
from pylayers.command_line.progress_bar import progress_bar
from pylayers.errors import MachineError, ScanRefused, UsageError
from pylayers.files.output_check import check_output
from pylayers.lungs.densitometry import laa950, volume_l
from pylayers.lungs.lung_mask import bounding_box
from pylayers.lungs.scan_lungs import lungs_of_scan, read_requested
from tools.figures.lung_sheet import Row, lung_sheet, row_of, sheet_caption
from tools.figures.style import write_png
from tools.scan_lists.scan_list import jobs_of
from tools.scan_lists.scan_table import ScanJob

MOST_SCANS = 60  # of one picture, which is then three metres high


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
    check_output(args.out, "--out")
    jobs = jobs_of(args.scans)
    if len(jobs) > MOST_SCANS:
        raise UsageError(f"{args.scans} holds {len(jobs)} scans; one sheet takes {MOST_SCANS}")
    bar = progress_bar(jobs, name="look", unit="scan", quiet=args.quiet)
    write_png(lung_sheet([looked_at(job) for job in bar]), args.out)
    if not args.quiet:
        print(f"{args.out}: {len(jobs)} scans; {sheet_caption()}")


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
    numbers = f"{volume}, LAA-950 {laa950(scan.hu, mask):.1f} %"
    return row_of(f"{job.scan_id}: {'; '.join((numbers, *notes))}", scan, mask, bounding_box(mask))


def main(argv: list[str] | None = None) -> int | None:
    """Run the program."""
    return look_at_lungs(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))

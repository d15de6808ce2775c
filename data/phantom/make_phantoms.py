"""Make the phantom cohort: simulated chest CT scans with simulated labels, from a seed alone.

Phantoms say nothing about patients. Phantom i depends only on (seed, i), --thin-share and
--thickest: not on how many are made, nor on the number of workers. A finished phantom is not made
again, so the same command continues an interrupted run.

    OUT/scans/phantom_0001.mhd + .raw                    int16 HU, 512x512, LPS
    OUT/masks/phantom_0001_partialLungLabelMap.nrrd      uint16, CIP coding; every second phantom
    OUT/facts/phantom_0001.json                          its row of the table
    OUT/table.csv                                        scan_id, path, mask, labels, facts
    OUT/targets.csv                                      of the facts, what may be trained on

With --expiration or --earlier each has a second scan, from the same seed; the first scans and their
columns do not change. The table names second scans in columns of those names:

    OUT/scans/phantom_0001_expiration.mhd + .raw         at the end of an expiration
    OUT/scans/phantom_0001_earlier.mhd + .raw            at a visit three years before

With --stored, in place of scans, masks and table, what tools/prepare_cohort.py makes of them
without a mask, in a fifth of the space:

    OUT/cohort/scans/phantom_0001.h5, OUT/cohort/cohort.csv, OUT/cohort/targets.csv
    OUT/cohort/scans/phantom_0001+expiration.h5, phantom_0001+earlier.h5
"""

import argparse
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from data.phantom.acquisition import THIN_MM, THINNEST_PART
from data.phantom.cohort_folder import FOLDERS, claim_folder, scan_id_of
from data.phantom.labels import noise_ceiling
from data.phantom.phantom_table import write_table
from data.phantom.scan_files import make_one
from data.phantom.stored_phantoms import COHORT, STORED_FOLDERS, store_one, write_cohort
from data.phantom.twins import KINDS
from pylayers.cohort.targets import TARGETS
from pylayers.command_line.exit_codes import complain, interrupted_code, run, stopped_by
from pylayers.command_line.path_argument import given_path
from pylayers.command_line.progress_bar import progress_bar
from pylayers.errors import UsageError
from pylayers.files.folder_lock import COHORT_WORK, FolderLock
from pylayers.files.whole_file import remove_partials
from pylayers.lungs.views import VIEWS, views_named


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("--out", type=given_path, required=True, help="folder to make or complete")
    p.add_argument("--n", type=int, default=128, help="phantoms (default: %(default)s)")
    p.add_argument("--seed", type=int, default=1, help="of the cohort (default: %(default)s)")
    p.add_argument(
        "--thin-share",
        type=float,
        default=0.0,
        help="share of scans with slices of 0.6 to 5 mm, not 5 to 7 (default: %(default)s)",
    )
    p.add_argument(
        "--thickest",
        type=float,
        metavar="MM",
        help=f"give all scans slices of {THINNEST_PART:g} MM to MM (default: as --thin-share says)",
    )
    p.add_argument(
        "--views",
        default="",
        metavar="NAMES",
        help="with --stored, store planes of these directions, too: "
        f"{','.join(VIEWS)} (default: none)",
    )
    p.add_argument(
        "--stored", action="store_true", help="keep no scans: store their lungs in OUT/cohort"
    )
    p.add_argument("--expiration", action="store_true", help="make an expiratory scan of each")
    p.add_argument("--earlier", action="store_true", help="make a scan of an earlier visit of each")
    p.add_argument(
        "--workers",
        type=int,
        default=os.cpu_count(),
        help="processes (default: %(default)s, the number of cores)",
    )
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def make_phantoms(args: argparse.Namespace) -> None:
    """Make the phantoms that are missing, then write the table of all."""
    check(args)
    views = views_named(args.views) if args.views else ()
    folders = STORED_FOLDERS if args.stored else FOLDERS
    claim_folder(args.out, args.seed, args.thin_share, folders, args.thickest)
    started = time.monotonic()
    if args.stored:
        with FolderLock(args.out / COHORT, COHORT_WORK):
            remove_partials(args.out / COHORT / "scans", ".h5")
            store = partial(store_one, views=views)
            rows = write_cohort(args.out, make_all(store, args), kinds_of(args))
    else:
        make_all(make_one, args)
        shutil.rmtree(args.out / ".partial", ignore_errors=True)
        rows = write_table(args.out, args.n, kinds_of(args))
    if not args.quiet:
        print(f"{len(rows)} phantoms in {args.out}, {time.monotonic() - started:.0f} s")
    if not args.quiet and args.n >= 10:
        ceilings = (f"{target} {noise_ceiling(rows, target):.2f}" for target in TARGETS)
        print(f"highest Spearman's rho within reach: {', '.join(ceilings)}")


def kinds_of(args: argparse.Namespace) -> list[str]:
    """Return the kinds of second scans that are asked for."""
    return [kind for kind in KINDS if getattr(args, kind)]


def check(args: argparse.Namespace) -> None:
    """Raise UsageError for a number that is out of range."""
    for option, value, least in (
        ("--n", args.n, 1),
        ("--seed", args.seed, 0),
        ("--workers", args.workers, 1),
    ):
        if value < least:
            raise UsageError(f"{option} {value} is below {least}")
    if not 0 <= args.thin_share <= 1:
        raise UsageError(f"--thin-share {args.thin_share} is not between 0 and 1")
    least, most = THIN_MM
    if args.thickest is not None and not least <= args.thickest <= most:
        raise UsageError(f"--thickest {args.thickest:g} is not between {least:g} and {most:g} mm")
    if args.thickest is not None and args.thin_share:
        raise UsageError("--thickest and --thin-share both say how thin slices are; choose one")
    if args.views and not args.stored:
        raise UsageError("--views is for --stored; tools/prepare_cohort.py --views stores others")


def make_all(make: Callable[..., str], args: argparse.Namespace) -> list[int]:
    """Make all phantoms with a progress bar; return the numbers of those that are not refused."""
    how = {
        "seed": args.seed,
        "thin_share": args.thin_share,
        "thickest_mm": args.thickest,
        "kinds": kinds_of(args),
    }
    task = partial(make, out=args.out, **how)
    numbers = range(1, args.n + 1)
    made = []
    bar = progress_bar(name="phantoms", unit="scan", quiet=args.quiet, total=args.n)
    with bar, workers(min(args.workers, args.n)) as mapped:
        for number, refusal in zip(numbers, mapped(task, numbers), strict=True):
            if refusal:
                bar.write(f"left out: {scan_id_of(number)}: {refusal}", file=sys.stderr)
            else:
                made.append(number)
            bar.update()
    return made


@contextmanager
def workers(count: int) -> Iterator[Callable]:
    """Yield `map` of that many processes; of this one where it is one."""
    if count == 1:
        yield map
        return
    with multiprocessing.get_context("spawn").Pool(count) as pool:
        yield pool.imap


def main(argv: list[str] | None = None) -> int | None:
    """Run the program."""
    args = parser().parse_args(argv)
    try:
        return make_phantoms(args)
    except KeyboardInterrupt as error:
        complain(f"{stopped_by(error)}; the same command continues")
        return interrupted_code(error)


if __name__ == "__main__":
    sys.exit(run(main))

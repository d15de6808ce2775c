"""Options of the programs that give scans to worker processes."""

import os
from argparse import ArgumentParser, Namespace

from pylayers.errors import UsageError

TIMEOUT_S = 900.0


def add_worker_options(parser: ArgumentParser, workers: str = "processes") -> None:
    """Give a command line --workers, --timeout and --quiet.

    workers: what the processes are, for the help.
    """
    parser.add_argument(
        "--workers",
        type=int,
        default=os.cpu_count(),
        help=f"{workers} (default: %(default)s, the number of cores)",
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=TIMEOUT_S,
        metavar="S",
        help="seconds after which a scan is given up (default: %(default)g)",
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")


def add_allow_uneven(parser: ArgumentParser) -> None:
    """Give a command line --allow-uneven, for ScanRequest.allow_uneven."""
    parser.add_argument(
        "--allow-uneven",
        action="store_true",
        help="take DICOM series with missing, duplicated or uneven slices, too",
    )


def check_worker_options(args: Namespace) -> None:
    """Raise UsageError for numbers of processes or seconds that make no sense."""
    if args.workers < 1:
        raise UsageError(f"--workers {args.workers} is below 1")
    if not args.timeout > 0:
        raise UsageError(f"--timeout {args.timeout:g} is not above 0")

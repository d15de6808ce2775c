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
        help=f"{workers} (default: {os.cpu_count()}, the number of cores)",
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=TIMEOUT_S,
        metavar="S",
        help="seconds after which a scan is given up (default: %(default)g)",
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")


def add_scheduler(parser: ArgumentParser) -> None:
    """Give a command line --scheduler, for tools/workers/chosen_pool.py."""
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="give the scans to the workers of this Dask scheduler (tcp://HOST:PORT, "
        "tls://HOST:PORT or the file of its --scheduler-file) and not to processes of this "
        "machine; trust it like a shell: see docs/clusters.md",
    )


def add_allow_uneven(parser: ArgumentParser) -> None:
    """Give a command line --allow-uneven, for ScanRequest.allow_uneven."""
    parser.add_argument(
        "--allow-uneven",
        action="store_true",
        help="take DICOM series with missing, duplicated or uneven slices, too",
    )


def check_worker_options(args: Namespace) -> None:
    """Raise UsageError for numbers that make no sense or a --scheduler that does not answer.

    Fills in the number of processes and the scheduler's address.
    """
    scheduler = getattr(args, "scheduler", None)
    if args.workers is not None and scheduler is not None:
        raise UsageError(
            "--workers counts processes of this machine; with --scheduler its own workers work: "
            "give one of the two"
        )
    if args.workers is None:
        args.workers = os.cpu_count()
    if args.workers < 1:
        raise UsageError(f"--workers {args.workers} is below 1")
    if not args.timeout > 0:
        raise UsageError(f"--timeout {args.timeout:g} is not above 0")
    if scheduler is not None:
        from tools.workers.dask_address import scheduler_address  # slow, and rarely needed

        args.scheduler = scheduler_address(scheduler)

"""The files of a run over many scans: the tables, what they are made with, the journal."""

import hashlib
import json
import os
from argparse import Namespace
from pathlib import Path
from typing import Self

from pylayers.errors import MachineError, UsageError
from pylayers.files.file_hash import sha256
from pylayers.files.output_check import check_output
from pylayers.files.output_place import place_of
from pylayers.files.whole_file import NotWritten, write_json
from tools.scan_lists.scan_list import shard_of
from tools.scan_lists.scan_table import ScanJob
from tools.scoring.chosen_runs import device
from tools.scoring.engines import CAFFE, versions
from tools.scoring.score_journal import Journal, difference
from tools.scoring.score_tables import contributions_path, write_contributions, write_scores
from tools.training.trained_run import TrainedRun

WHOLE = "1/1"  # of --shard: no part


def scored_with(runs: list[TrainedRun], engine: str, gpu: int | None) -> dict:
    """Return what the numbers depend on beside scans and options, JSON."""
    views = {run.target.name: view.name for run in runs if (view := run.variant.view)}
    return {
        **versions(engine, gpu),
        # only where it differs from the usual, so that older tables and journals stay valid
        **({"engine": engine} if engine != CAFFE else {}),
        "weights_sha256": {run.target.name: run.weights_sha256 for run in runs},
        "nets_sha256": {run.target.name: sha256(run.net_file) for run in runs},
        **({"views": views} if views else {}),
    }


def made_with(runs: list[TrainedRun], engine: str, args: Namespace, jobs: list[ScanJob]) -> dict:
    """Return all that the tables depend on, JSON: only runs that agree in it may be mixed.

    jobs: those of all parts, of which --shard chooses one.
    """
    base = Path(args.scans) if os.path.isdir(args.scans) else Path(args.scans).parent
    told = any(run.patient for run in runs)
    every = {} if args.shard == WHOLE else list_facts(jobs, base, told)
    return {
        **scored_with(runs, engine, device(args.device)),
        "device": args.device,
        "allow_uneven": args.allow_uneven,
        "contributions": args.contributions,
        **({"offsets": args.offsets} if args.offsets > 1 else {}),
        **({"resample": True} if args.resample else {}),
        "shard": args.shard,
        **list_facts(shard_of(jobs, args.shard), base, told),
        **{f"all_{name}": fact for name, fact in every.items()},
    }


def list_facts(jobs: list[ScanJob], base: Path, told: bool) -> dict:
    """Return what is said of a list of scans, JSON; base: its folder, which may move.

    told: whether patient data count, as the weights use them.
    """
    scans = hashlib.sha256()
    for job in jobs:
        paths = [path and os.path.relpath(path, base) for path in (job.scan, job.mask)]
        seconds = [[kind, os.path.relpath(path, base)] for kind, path in job.seconds]
        patient = job.patient if told else ()
        own = [job.scan_id, *paths, job.mask_labels, *([seconds] if seconds else []), *patient]
        scans.update(json.dumps(own).encode())
    return {"scans": len(jobs), "scans_sha256": scans.hexdigest()}


def about_path(table: Path) -> Path:
    """Return where it is said what a table is made with."""
    return table.with_name(f"{table.stem}_made_with.json")


def journal_path(table: Path) -> Path:
    """Return where finished scans are kept until a table is complete."""
    return table.with_name(f".{table.name}.journal")


def tables_of(table: Path, head: dict) -> list[Path]:
    """Return the files that belong to a table made with `head`."""
    targets = head["weights_sha256"] if head["contributions"] else ()
    return [table, about_path(table), *(contributions_path(table, name) for name in targets)]


def write_tables(table: Path, head: dict, rows: list[dict], entries: list[dict]) -> None:
    """Write a table and what belongs to it, the table last; NotWritten.

    head: what they are made with. entries: scan_id and slices of the scans that were scored or
    refused.
    """
    for target in head["weights_sha256"] if head["contributions"] else ():
        write_contributions(table, target, entries, head)
    write_json(about_path(table), head)
    write_scores(table, list(head["weights_sha256"]), rows)


class Output:
    """The table and what lies beside it, locked against other runs while in use.

    go_on: whether files of an earlier run are welcome. scratch: where workers may unpack. Raises
    UsageError.
    """

    def __init__(self, table: Path, go_on: bool) -> None:
        check_output(table, "--out")
        if place_of(table).stream:
            raise UsageError(f"--out {table} is not a file; give the name of a CSV")
        self.table = table
        self.about = about_path(table)
        self.scratch = table.with_name(f".{table.name}.scratch")
        self.go_on = go_on
        self.finished = False

    def __enter__(self) -> Self:
        self.journal = Journal(journal_path(self.table))
        return self

    def __exit__(self, *_: object) -> None:
        self.journal.close(remove=self.finished)

    def begin(self, head: dict) -> bool:
        """Start or go on with the journal; return False when the table is complete already.

        Raises UsageError when that would overwrite or mix what should be kept.
        """
        begun = self.journal.head is not None
        tables = tables_of(self.table, head)
        for path in tables[1:]:  # the table itself was checked with the option's name
            check_output(path)
        existing = [path for path in tables if path.exists()]
        if not self.go_on and begun:
            raise UsageError(
                f"an unfinished run is kept in {self.journal.path}; add --continue to go on with "
                "it, or delete it"
            )
        if not self.go_on and existing:
            raise UsageError(f"{existing[0]} exists; delete it or choose another --out")
        if not begun and self.table.exists():
            self._check_complete(head)
            return False
        self.journal.begin(head)
        return True

    def _check_complete(self, head: dict) -> None:
        try:
            earlier = json.loads(self.about.read_text())
        except (OSError, ValueError):
            raise UsageError(
                f"{self.table} exists, but {self.about.name}, which says what it is made with, "
                "does not; delete it or choose another --out"
            ) from None
        if earlier != head:
            raise UsageError(
                f"{self.table} is complete and made with {difference(earlier, head)}; delete it or "
                "choose another --out"
            )

    def finish(self, jobs: list[ScanJob], errors: dict[str, dict]) -> list[dict]:
        """Write the tables in the order of the jobs and return the rows of the first.

        The journal goes unless a row is an error, which is worth another try. Raises MachineError
        when a file cannot be written.
        """
        entries = self.journal.entries
        rows = [
            entries[job.scan_id]["row"] if job.scan_id in entries else errors[job.scan_id]
            for job in jobs
        ]
        kept = [entries[job.scan_id] for job in jobs if job.scan_id in entries]
        try:
            write_tables(self.table, self.journal.head, rows, kept)
        except NotWritten as error:
            raise MachineError(f"{error}; finished scans are kept, --continue goes on") from None
        self.finished = not errors
        return rows

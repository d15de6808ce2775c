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
from tools.scan_lists.scan_table import ScanJob
from tools.scoring.chosen_runs import device
from tools.scoring.engines import CAFFE, versions
from tools.scoring.score_journal import Journal, difference
from tools.scoring.score_tables import contributions_path, write_contributions, write_scores
from tools.training.trained_run import TrainedRun


def made_with(runs: list[TrainedRun], engine: str, args: Namespace, jobs: list[ScanJob]) -> dict:
    """Return all that the tables depend on, JSON: only runs that agree in it may be mixed."""
    base = Path(args.scans) if os.path.isdir(args.scans) else Path(args.scans).parent
    with_patient = any(run.patient for run in runs)
    scans = hashlib.sha256()
    for job in jobs:
        # relative, so that the folder may move
        paths = [path and os.path.relpath(path, base) for path in (job.scan, job.mask)]
        patient = job.patient if with_patient else ()
        scans.update(json.dumps([job.scan_id, *paths, job.mask_labels, *patient]).encode())
    return {
        **versions(engine, device(args.device)),
        # only where it differs from the usual, so that older tables and journals stay valid
        **({"engine": engine} if engine != CAFFE else {}),
        "weights_sha256": {run.target.name: run.weights_sha256 for run in runs},
        "nets_sha256": {run.target.name: sha256(run.net_file) for run in runs},
        "device": args.device,
        "allow_uneven": args.allow_uneven,
        "contributions": args.contributions,
        **({"offsets": args.offsets} if args.offsets > 1 else {}),
        **({"resample": True} if args.resample else {}),
        "shard": args.shard,
        "scans": len(jobs),
        "scans_sha256": scans.hexdigest(),
    }


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
        self.about = table.with_name(f"{table.stem}_made_with.json")
        self.scratch = table.with_name(f".{table.name}.scratch")
        self.go_on = go_on
        self.finished = False

    def __enter__(self) -> Self:
        self.journal = Journal(self.table.with_name(f".{self.table.name}.journal"))
        return self

    def __exit__(self, *_: object) -> None:
        self.journal.close(remove=self.finished)

    def begin(self, head: dict) -> bool:
        """Start or go on with the journal; return False when the table is complete already.

        Raises UsageError when that would overwrite or mix what should be kept.
        """
        self.targets = list(head["weights_sha256"])
        self.contributions = head["contributions"]
        self.weighted = "offsets" in head
        begun = self.journal.head is not None
        tables = [contributions_path(self.table, t) for t in self.targets if self.contributions]
        for path in (self.about, *tables):
            check_output(path)
        existing = [path for path in (self.table, self.about, *tables) if path.exists()]
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
        try:
            for target in self.targets if self.contributions else ():
                kept = [entries[job.scan_id] for job in jobs if job.scan_id in entries]
                write_contributions(self.table, target, kept, self.weighted)
            write_json(self.about, self.journal.head)
            write_scores(self.table, self.targets, rows)
        except NotWritten as error:
            raise MachineError(f"{error}; finished scans are kept, --continue goes on") from None
        self.finished = not errors
        return rows

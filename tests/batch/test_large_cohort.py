"""A cohort of ten thousand scans: training starts in seconds and its memory stays what it was."""

import csv
import os
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pylayers.batch.layer_params import LayerParams
from pylayers.batch.loader import Loader
from pylayers.batch.prefetch import open_batches

SCANS = 10_000


@pytest.fixture(scope="module")
def large(tiny_cohort, tmp_path_factory) -> Path:
    """A table of 10,000 rows whose stored scans are a few files again and again."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "scans").mkdir()
    with (tiny_cohort / "cohort.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (folder / "cohort.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        for number in range(SCANS):
            row = rows[number % len(rows)]
            os.link(
                tiny_cohort / "scans" / f"{row['scan_id']}.h5", folder / f"scans/s{number:05d}.h5"
            )
            table.writerow(row | {"scan_id": f"s{number:05d}", "subject_id": "", "split": "train"})
    return folder


def private_mb(pid) -> float:
    """Memory of a process that it shares with none, in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1000


@pytest.mark.slow
def test_ten_thousand_scans_start_in_seconds_and_take_no_more_memory_later(large):
    start = time.process_time()
    loader = Loader(LayerParams(str(large), "train", "ve", slices=1, batch=50, seed=1), train=True)
    data, label = (np.empty(shape, np.float32) for shape in loader.shapes)
    with closing(open_batches(loader, 0, 2)) as batches:
        batches.next(data, label)
        assert time.process_time() - start < 30

        def after(count):
            for _ in range(count):
                batches.next(data, label)
            pids = [os.getpid(), *(worker.process.pid for worker in batches.crew)]
            return [private_mb(pid) for pid in pids]

        early = after(20)
        late = after(SCANS // 50)  # an epoch, and into the next
    assert all(mb < 60 for mb in early[1:]), early
    assert all(b < a + 5 for a, b in zip(early, late, strict=True)), (early, late)

"""Predictions of a run over a split of its cohort, by the same code as score_scan."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pylayers.batch.patient_rows import patient_of_scan
from pylayers.cohort.cohort import Cohort, CohortScan, read_cohort, write_rows
from pylayers.cohort.own_targets import DECLARATIONS
from pylayers.cohort.store import read_crop
from pylayers.cohort.stored_crops import read_grids
from pylayers.command_line.progress_bar import progress_bar
from pylayers.errors import CohortError
from pylayers.files.checkout import ROOT, relative
from tools.scoring.patient_input import BLOB
from tools.scoring.score_head import score_head
from tools.scoring.scorer import Scorer
from tools.training.run_folder import RunFolder
from tools.training.trained_run import TrainedRun
from tools.training.version_note import version_note


class Prediction(NamedTuple):
    """A scan of a split, scored.

    truth, score: in the target's unit. contributions, output: as in SliceScores.
    """

    scan: CohortScan
    truth: float
    score: float
    contributions: np.ndarray
    output: np.ndarray


def predict_split(
    run: TrainedRun, split: str, gpu: int | None = None, quiet: bool = False, offsets: int = 1
) -> list[Prediction]:
    """Score every labelled scan of a split, in the order of the table.

    gpu: its number, None for the CPU. offsets: from how many start offsets; one is what `caffe
    test` uses. Raises UsageError when that is out of range, and CohortError for damaged crops.
    """
    scorer = Scorer(run, gpu, offsets)
    cohort = trained_cohort(run, split)
    target = scorer.target.name
    predictions = []
    kind = run.variant.second
    scans = cohort.labelled(split, target, kind)
    read_grids(cohort, scans, kind)
    for scan in progress_bar(scans, name=f"score {split}", unit="scan", quiet=quiet):
        second = read_crop(cohort.store_path(scan, kind)).hu if kind else None
        beside = {}
        if run.patient is not None:
            beside[BLOB] = run.patient.inputs(patient_of_scan(cohort, scan))
        scored = scorer.score(scorer.planes(read_crop(cohort.store_path(scan))), second, beside)
        truth = scan.labels[target]
        predictions.append(
            Prediction(scan, truth, scored.score, scored.contributions, scored.output)
        )
    return predictions


def trained_cohort(run: TrainedRun, split: str) -> Cohort:
    """Return the cohort of a run's split; CohortError when it counts in other units by now."""
    cohort = read_cohort(Path(ROOT, run.folder.layer_params(split).cohort))
    target = run.target
    if cohort.target(target.name).network_unit != target.network_unit:
        raise CohortError(
            f"{cohort.folder / DECLARATIONS} has another network_unit for {target.name} than "
            f"{relative(run.folder.path)} was trained with; put back {target.network_unit:g}"
        )
    return cohort


def split_version_note(run: TrainedRun, splits: Sequence[str]) -> str | None:
    """Return a sentence where a run and the crops of splits differ in preprocessing, else None.

    Raises CohortError for a stored crop that is missing or damaged.
    """
    grids = []
    for split in splits:
        cohort = trained_cohort(run, split)
        scans = cohort.labelled(split, run.target.name, run.variant.second)
        grids += read_grids(cohort, scans, run.variant.second)
    return version_note(run.best, grids)


def mean_loss(run: TrainedRun, predictions: list[Prediction]) -> float:
    """Return Caffe's loss over all predictions of a run."""
    head = score_head(run)
    return float(np.mean([head.loss(p.output, p.truth) for p in predictions]))


def write_predictions(path: str | PathLike[str], predictions: list[Prediction]) -> None:
    """Write scan_id, truth and prediction of each scan as CSV, in the target's unit."""
    write_rows(
        path,
        [
            {"scan_id": p.scan.scan_id, "truth": repr(p.truth), "prediction": repr(p.score)}
            for p in predictions
        ],
    )


def several_name(offsets: int | str) -> str:
    """Return the name of the test split's predictions from several offsets."""
    return f"test_offsets{offsets}"


def offsets_evaluated(run: RunFolder) -> dict[int, Path]:
    """Return the test split's predictions from several offsets that are newer than the weights.

    By the number of offsets, ascending.
    """
    pattern = run.predictions(several_name("*"))
    kept = {path.stem.removeprefix(pattern.stem[:-1]): path for path in run.path.glob(pattern.name)}
    newest = run.best_json.stat().st_mtime
    return {
        int(number): path
        for number, path in sorted(kept.items(), key=lambda item: item[0].zfill(9))
        if number.isdecimal() and path.stat().st_mtime >= newest
    }

"""Baselines fitted and applied, and their predictions in a run folder.

RUN/baselines_test.csv: scan_id, truth, a column a method. RUN/baselines.json: what they were fitted
on.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from pylayers.cohort.cohort import Cohort, read_rows, write_rows
from pylayers.files.whole_file import write_json
from tools.baselines.methods import METHODS
from tools.baselines.split_features import labelled_features
from tools.training.run_folder import RunFolder

TABLE, RECORD = "baselines_test.csv", "baselines.json"


@dataclass(frozen=True)
class ScoredBaselines:
    """Predictions of the test split by method, (n,) each in the target's unit, and of which scans.

    facts: target, cohort_sha256, seed, scans of training and validation, and settings by method.
    """

    scan_ids: tuple[str, ...]
    truth: np.ndarray
    predictions: dict[str, np.ndarray]
    facts: dict


def score_baselines(
    cohort: Cohort, target: str, names: Iterable[str], seed: int
) -> ScoredBaselines:
    """Fit methods on the training and validation split and predict the test split.

    The features must be there (complete_features). On one thread, so that the same split gives the
    same bytes. Raises CohortError.
    """
    with threadpool_limits(1):
        return _score(cohort, target, names, seed)


def _score(cohort: Cohort, target: str, names: Iterable[str], seed: int) -> ScoredBaselines:
    train, val, test = (labelled_features(cohort, s, target) for s in ("train", "val", "test"))
    fitted = {name: METHODS[name].fit(train, val, seed) for name in names}
    return ScoredBaselines(
        tuple(scan.scan_id for scan in test.features.scans),
        test.labels,
        {name: model.predict(test.features) for name, model in fitted.items()},
        {
            "target": target,
            "cohort_sha256": cohort.sha256(),
            "seed": seed,
            "train_scans": len(train.features),
            "val_scans": len(val.features),
            "methods": {
                name: {"source": METHODS[name].source, "settings": model.settings}
                for name, model in fitted.items()
            },
        },
    )


def write_baselines(run: RunFolder, scored: ScoredBaselines) -> None:
    """Write both files into a run folder, the record last."""
    rows = [
        {"scan_id": scan_id, "truth": repr(float(scored.truth[i]))}
        | {name: repr(float(values[i])) for name, values in scored.predictions.items()}
        for i, scan_id in enumerate(scored.scan_ids)
    ]
    write_rows(table_path(run), rows)
    write_json(record_path(run), scored.facts)


def read_baselines(run: RunFolder) -> ScoredBaselines | None:
    """Read what write_baselines wrote; None where there is nothing whole."""
    try:
        facts = json.loads(record_path(run).read_text())
        rows = [row for _, row in read_rows(table_path(run))]
        return ScoredBaselines(
            tuple(row["scan_id"] for row in rows),
            np.array([float(row["truth"]) for row in rows]),
            {name: np.array([float(row[name]) for row in rows]) for name in facts["methods"]},
            facts,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def table_path(run: RunFolder) -> Path:
    """Return the path of the predictions."""
    return run.path / TABLE


def record_path(run: RunFolder) -> Path:
    """Return the path of what they were fitted on."""
    return run.path / RECORD

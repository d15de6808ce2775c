"""The report's figures of single scans: the worst predictions, and contributions along z."""

from pathlib import Path

import numpy as np

from pylayers.batch.stack import TEST_OFFSET, slice_indices
from pylayers.cohort.cohort import read_rows, store_path
from pylayers.cohort.store import read_crop
from tools.figures.contributions import Contributions, draw_contributions
from tools.figures.outliers import Outlier, draw_outliers
from tools.report.results import Results

OUTLIERS, OUTLIER_SLICES = 4, 5
SHOWN_SCANS = 3  # of Figure 5: the least, the middle and the most affected


def draw_worst(results: Results, folder: Path) -> Path:
    """Draw Figure 4: the scans with the largest errors."""
    test = results.test
    order = np.argsort(-np.abs(test.prediction - test.truth), kind="stable")[:OUTLIERS]
    scans = []
    for index in order:
        crop = read_crop(store_path(results.cohort, test.scan_ids[index]))
        chosen = slice_indices(len(crop.hu), OUTLIER_SLICES, TEST_OFFSET)
        scans.append(
            Outlier(
                test.scan_ids[index],
                [crop.hu[z] for z in chosen],
                [crop.bottom_mm + z * crop.spacing_mm[0] for z in chosen],
                crop.spacing_mm[1:],
                float(test.truth[index]),
                float(test.prediction[index]),
            )
        )
    path = folder / f"figure4_outliers_{results.target.name}.png"
    draw_outliers(scans, results.target, path)
    return path


def draw_slices(results: Results, folder: Path) -> Path:
    """Draw Figure 5: contributions along z of the scans with least, middle and highest truth."""
    test, contributions = results.test, read_contributions(results)
    order = np.argsort(test.truth, kind="stable")
    chosen = dict.fromkeys(order[np.linspace(0, len(order) - 1, SHOWN_SCANS).round().astype(int)])
    name = results.target.name
    scans = [
        Contributions(
            test.scan_ids[index],
            read_crop(store_path(results.cohort, test.scan_ids[index])),
            {name: contributions[test.scan_ids[index]]},
            {name: float(test.truth[index])},
            targets={name: results.target},
        )
        for index in chosen
    ]
    path = folder / f"figure5_contributions_{name}.png"
    draw_contributions(scans, path)
    return path


def read_contributions(results: Results) -> dict[str, np.ndarray]:
    """Return scan_id -> contributions (slices,) of the test split."""
    values = {}
    for _, row in read_rows(results.run.contributions("test")):
        values.setdefault(row["scan_id"], []).append(float(row["contribution"]))
    return {scan_id: np.array(numbers) for scan_id, numbers in values.items()}

"""The related work beside the network on the same test split."""

import numpy as np

from pylayers.cohort.targets import Target
from tools.baselines.scored_baselines import ScoredBaselines
from tools.report.correlation_tables import NETWORK
from tools.report.result_table import Table
from tools.report.results import Split
from tools.stats.agreement import agreement
from tools.stats.binary import has_copd
from tools.stats.correlation import compare_correlations, spearman_interval
from tools.stats.estimate import Estimate
from tools.stats.estimate_text import estimate_text
from tools.stats.roc import compare_areas, roc_area

COLUMNS = (
    "method",
    "|rho| [95 % CI]",
    "network's |rho| less this",
    "P(network's is larger)",
    "MAE",
    "after",
)
COPD_COLUMNS = ("AUC of COPD [95 % CI, DeLong]", "network's AUC less this", "p (DeLong)")


def predictions_of(test: Split, scored: ScoredBaselines) -> dict[str, np.ndarray] | None:
    """Return each method's predictions of the network's test scans, (n,), in their order.

    None where the scans or their labels are not the same: one of the two is of an earlier cohort.
    """
    row_of = {scan_id: row for row, scan_id in enumerate(scored.scan_ids)}
    if row_of.keys() != set(test.scan_ids):
        return None
    rows = [row_of[scan_id] for scan_id in test.scan_ids]
    if not np.array_equal(scored.truth[rows], test.truth):
        return None
    return {name: values[rows] for name, values in scored.predictions.items()}


def baseline_table(target: Target, test: Split, scored: ScoredBaselines) -> Table | None:
    """Return the statistics of all methods, the network's row first; None as predictions_of."""
    predictions = predictions_of(test, scored)
    if predictions is None:
        return None
    with_copd = target.name == "fev1fvc"
    copd = has_copd(test.truth) if with_copd else None
    network = spearman_interval(test.prediction, test.truth).absolute()
    area = (estimate_text(roc_area(copd, -test.prediction).delong), "", "") if with_copd else ()
    rows = [
        (
            NETWORK,
            estimate_text(network),
            "",
            "",
            mae_text(target, test.truth, test.prediction),
            "this run",
            *area,
        )
    ]
    for name, values in predictions.items():
        rhos = compare_correlations(test.truth, test.prediction, values)
        row = (
            name,
            estimate_text(rhos.b.absolute()),
            estimate_text(rhos.difference),
            probability_text(rhos.a_stronger),
            mae_text(target, test.truth, values),
            scored.facts["methods"][name]["source"],
        )
        if with_copd:
            areas = compare_areas(copd, -test.prediction, -values)
            difference = estimate_text(areas.difference)
            row += (estimate_text(areas.b), difference, probability_text(areas.p))
        rows.append(row)
    return Table(
        f"baselines_{target.name}",
        f"{target.title}: the related work on the same {len(test.scan_ids)} test scans",
        COLUMNS + COPD_COLUMNS * with_copd,
        tuple(rows),
        (
            f"All fitted on the {scored.facts['train_scans']} training scans, settings chosen on "
            f"the {scored.facts['val_scans']} of validation. Intervals of rho and probabilities "
            "from 10,000 seeded bootstrap resamples, paired by scan. Numbers in brackets are "
            "those of the paper's references.",
        ),
    )


def mae_text(target: Target, truth: np.ndarray, prediction: np.ndarray) -> str:
    """Return the mean absolute error in the target's unit, without its interval."""
    mae = agreement(truth, prediction).mae
    return estimate_text(Estimate(mae.value, why=mae.why), target.decimals)


def probability_text(probability: float) -> str:
    """Return a probability as printed; blank where there is none."""
    return "" if np.isnan(probability) else f"{probability:.4f}"


def table_text(table: Table, columns: int = 4) -> str:
    """Return the first columns of a table as text for the terminal."""
    cells = [line[:columns] for line in (table.columns, *table.rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    return "\n".join([table.title, *lines])

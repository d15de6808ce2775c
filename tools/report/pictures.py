"""The report's figures, in the paper's order, each a PNG in a folder."""

from pathlib import Path

import numpy as np

from pylayers.cohort import store_path
from pylayers.stack import TEST_OFFSET, slice_indices
from pylayers.store import read_crop
from tools.figures.agreement import draw_agreement
from tools.figures.confusion import draw_confusion
from tools.figures.contributions import Contributions, draw_contributions
from tools.figures.forest import draw_forest
from tools.figures.outliers import Outlier, draw_outliers
from tools.figures.reliability import draw_reliability
from tools.figures.roc_curve import RocCurve, draw_roc
from tools.figures.scatter import Scatter, draw_scatter
from tools.report.class_tables import copd_probability, gold_agreement, ve_agreement
from tools.report.correlation_tables import NETWORK, absolute, baselines
from tools.report.results import Results
from tools.stats.agreement import agreement
from tools.stats.binary import copd_agreement, has_copd
from tools.stats.calibration import reliability_curve
from tools.stats.correlation import spearman_interval
from tools.stats.estimate import Estimate
from tools.stats.fits import linear_fit, quadratic_fit
from tools.stats.ordinal import OrdinalAgreement
from tools.stats.roc import roc_area, roc_curve

OUTLIERS, OUTLIER_SLICES = 4, 5
SHOWN_SCANS = 3  # of Figure 5: the least, the middle and the most affected


def fields(estimate: Estimate) -> tuple:
    """Return an estimate as figures take it."""
    return estimate.value, estimate.low, estimate.high, estimate.why


def draw_correlations(all_results: list[Results], folder: Path) -> Path:
    """Draw Figure 2: LAA-950 and the network against the truth, a row a target."""
    panels = []
    for results in all_results:
        truth = results.test.truth
        for title, values, label in (
            ("LAA-950", results.test.column("laa950"), "LAA-950 (%)"),
            ("network", results.test.prediction, None),
        ):
            panels.append(
                Scatter(
                    title,
                    results.target,
                    truth,
                    values,
                    fields(spearman_interval(values, truth)),
                    linear_fit(truth, values).coefficients[::-1],
                    quadratic_fit(truth, values).coefficients[::-1],
                    label,
                )
            )
    path = folder / "figure2_scatter.png"
    draw_scatter(panels, path, columns=2)
    return path


def draw_methods(all_results: list[Results], folder: Path) -> Path:
    """Draw |rho| of the network and of densitometry for all targets."""
    groups = {}
    for results in all_results:
        methods = {NETWORK: results.test.prediction, **baselines(results)}
        groups[results.target.title] = {
            name: fields(absolute(spearman_interval(values, results.test.truth)))
            for name, values in methods.items()
        }
    path = folder / "methods.png"
    draw_forest(groups, path)
    return path


def draw_copd_roc(ratio: Results, folder: Path) -> Path:
    """Draw Figure 3: the network's ROC curve for COPD beside LAA-950's."""
    copd = has_copd(ratio.test.truth)
    at = copd_agreement(ratio.test.truth, ratio.test.prediction)
    point = (1 - at.specificity.value, at.sensitivity.value)
    curves = []
    for name, score in (
        (NETWORK, -ratio.test.prediction),
        ("LAA-950", ratio.test.column("laa950")),
    ):
        curve = roc_curve(copd, score)
        curves.append(
            RocCurve(
                name,
                np.array(curve.false_positive_rate),
                np.array(curve.sensitivity),
                fields(roc_area(copd, score).delong),
                point if name == NETWORK and np.isfinite(point).all() else None,
                "predicted FEV1/FVC < 0.7",
            )
        )
    path = folder / "figure3_roc.png"
    draw_roc(curves, path)
    return path


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


def draw_slices(results: Results, contributions: dict[str, np.ndarray], folder: Path) -> Path:
    """Draw Figure 5: contributions along z of the scans with least, middle and highest truth.

    contributions: scan_id -> (slices,).
    """
    test = results.test
    order = np.argsort(test.truth, kind="stable")
    chosen = dict.fromkeys(order[np.linspace(0, len(order) - 1, SHOWN_SCANS).round().astype(int)])
    name = results.target.name
    scans = [
        Contributions(
            test.scan_ids[index],
            read_crop(store_path(results.cohort, test.scan_ids[index])),
            {name: contributions[test.scan_ids[index]]},
            {name: float(test.truth[index])},
        )
        for index in chosen
    ]
    path = folder / f"figure5_contributions_{name}.png"
    draw_contributions(scans, path)
    return path


def draw_bland_altman(results: Results, folder: Path) -> Path:
    """Draw differences over means with the limits of agreement."""
    test = results.test
    seen = agreement(test.truth, test.prediction)
    path = folder / f"bland_altman_{results.target.name}.png"
    limits = (fields(value) for value in (seen.bias, seen.lower_limit, seen.upper_limit))
    draw_agreement(test.truth, test.prediction, results.target, *limits, path)
    return path


def draw_calibration(ratio: Results, folder: Path) -> Path | None:
    """Draw the reliability curve of the probability of COPD; None where it has none."""
    bins, why = reliability_curve(has_copd(ratio.test.truth), copd_probability(ratio))
    if why:
        return None
    path = folder / "calibration_copd.png"
    draw_reliability(
        [bins[0].low, *(one.high for one in bins)],
        [one.mean_probability for one in bins],
        [fields(one.observed) for one in bins],
        [one.count for one in bins],
        "predicted probability of COPD",
        "observed share with COPD",
        path,
    )
    return path


def draw_ve(ve: Results, folder: Path) -> Path:
    """Draw Table 2."""
    return draw_classes(ve_agreement(ve), "VE scores", "VE score", folder / "table2_ve.png")


def draw_gold(ratio: Results, percent: Results, folder: Path) -> Path:
    """Draw Table 5."""
    seen = gold_agreement(ratio, percent)
    return draw_classes(seen, "GOLD stages", "GOLD stage", folder / "table5_gold.png")


def draw_classes(seen: OrdinalAgreement, title: str, what: str, path: Path) -> Path:
    """Draw a confusion matrix."""
    draw_confusion(seen.counts, [str(one) for one in seen.classes], title, what, path)
    return path

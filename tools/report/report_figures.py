"""The report's figures, in the paper's order, each a PNG in a folder."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pylayers.cohort.targets import Target
from tools.baselines.scored_baselines import ScoredBaselines
from tools.figures.bland_altman import draw_agreement
from tools.figures.confusion import draw_confusion
from tools.figures.forest import draw_forest
from tools.figures.reliability import draw_reliability
from tools.figures.roc_curve import NamedCurve, draw_roc
from tools.figures.scatter import Scatter, draw_scatter
from tools.figures.slice_counts import draw_slice_counts
from tools.report.baseline_table import predictions_of
from tools.report.class_tables import GRADES, copd_probability, gold_agreement, ve_agreement
from tools.report.correlation_tables import NETWORK, baselines
from tools.report.proposals import Proposal
from tools.report.results import Results, Split
from tools.report.threshold_tables import class_agreement
from tools.stats.agreement import agreement
from tools.stats.binary import copd_agreement, has_copd
from tools.stats.brier import reliability_curve
from tools.stats.correlation import spearman_interval
from tools.stats.estimate import Estimate, no_interval
from tools.stats.fits import linear_fit, quadratic_fit
from tools.stats.ordinal import OrdinalAgreement
from tools.stats.roc import roc_area, roc_curve


def draw_correlations(all_results: list[Results], folder: Path) -> Path:
    """Draw Figure 2: a row a target, densitometry, reference and network against the truth.

    The reference is the VE score, as in the paper, where the cohort has it; for VE it is Perc15.
    """
    panels = []
    for results in all_results:
        truth = results.test.truth
        for title, (values, label) in shown_values(results).items():
            panels.append(
                Scatter(
                    title,
                    results.target,
                    truth,
                    values,
                    spearman_interval(values, truth),
                    linear_fit(truth, values),
                    quadratic_fit(truth, values),
                    label,
                )
            )
    path = folder / "figure2_scatter.png"
    draw_scatter(panels, path, columns=3)
    return path


def shown_values(results: Results) -> dict[str, tuple[np.ndarray, str | None]]:
    """Return the panels of a target in Figure 2: title -> values (n,) and their axis."""
    panels = {"LAA-950": (results.test.column("laa950"), "LAA-950 (%)")}
    grades = results.test.column("ve")
    if results.target.name != "ve" and np.isfinite(grades).all():
        panels["VE score"] = (grades, "visual emphysema score")
    else:
        panels["Perc15"] = (results.test.column("perc15"), "Perc15 (HU)")
    return panels | {"network": (results.test.prediction, None)}


def draw_methods(all_results: list[Results], folder: Path) -> Path:
    """Draw |rho| of the network and of densitometry for all targets."""
    groups = {}
    for results in all_results:
        methods = {NETWORK: results.test.prediction, **baselines(results)}
        groups[results.target.title] = {
            name: spearman_interval(values, results.test.truth).absolute()
            for name, values in methods.items()
        }
    path = folder / "methods.png"
    draw_forest(groups, path)
    return path


def draw_baselines(target: Target, test: Split, scored: ScoredBaselines, folder: Path) -> Path:
    """Draw |rho| of the network and of the related work."""
    methods = {NETWORK: test.prediction, **(predictions_of(test, scored) or {})}
    group = {
        name: spearman_interval(values, test.truth).absolute() for name, values in methods.items()
    }
    path = folder / f"baselines_{target.name}.png"
    draw_forest({target.title: group}, path)
    return path


def draw_gains(found: Sequence[Proposal], folder: Path) -> Path:
    """Draw what each proposal of the discussion adds to rho, the paper's network at 0.

    Without those that keep all ranks, as a calibration does.
    """
    groups = {}
    for one in found:
        if one.gain is None:
            groups[one.target.title] = {one.title: no_interval(0, "what others are compared with")}
        elif one.gain.value != 0:
            groups[one.target.title][one.title] = one.gain
    shown = {title: group for title, group in groups.items() if len(group) > 1}
    path = folder / "proposals.png"
    draw_forest(shown, path, "Spearman's ρ less that of the paper's network", 3, None)
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
        curves.append(
            NamedCurve(
                name,
                roc_curve(copd, score),
                roc_area(copd, score).delong,
                point if name == NETWORK and np.isfinite(point).all() else None,
                "predicted FEV1/FVC < 0.7",
            )
        )
    path = folder / "figure3_roc.png"
    draw_roc(curves, path)
    return path


def draw_bland_altman(results: Results, folder: Path) -> Path:
    """Draw differences over means with the limits of agreement."""
    test = results.test
    path = folder / f"bland_altman_{results.target.name}.png"
    errors = agreement(test.truth, test.prediction)
    draw_agreement(test.truth, test.prediction, results.target, errors, path)
    return path


def draw_calibration(ratio: Results, folder: Path) -> Path | None:
    """Draw the reliability curve of the probability of COPD; None where it has none."""
    bins, why = reliability_curve(has_copd(ratio.test.truth), copd_probability(ratio))
    if why:
        return None
    path = folder / "calibration_copd.png"
    draw_reliability(
        bins,
        "predicted probability of COPD",
        "observed share with COPD",
        path,
    )
    return path


def draw_ve(ve: Results, folder: Path) -> Path:
    """Draw Table 2."""
    path = folder / "table2_ve.png"
    return draw_classes(ve_agreement(ve), GRADES, "VE scores", "VE score", path)


def draw_gold(ratio: Results, percent: Results, folder: Path) -> Path:
    """Draw Table 5."""
    confusion, path = gold_agreement(ratio, percent), folder / "table5_gold.png"
    return draw_classes(confusion, confusion.classes, "GOLD stages", "GOLD stage", path)


def draw_own_classes(results: Results, folder: Path) -> Path:
    """Draw an own target's classes."""
    target, path = results.target, folder / f"classes_{results.target.name}.png"
    names = [name.replace(" ", "\n", 1) for name in target.class_names]
    return draw_classes(class_agreement(results), names, target.title, "class", path)


def draw_classes(
    confusion: OrdinalAgreement, names: Sequence, title: str, what: str, path: Path
) -> Path:
    """Draw a confusion matrix; names: of its classes. what: they are, such as "GOLD stage"."""
    draw_confusion(confusion.counts, list(map(str, names)), title, what, path)
    return path


def draw_sweep(
    ours: dict[int, Estimate], theirs: dict[int, Estimate], title: str, path: Path
) -> Path:
    """Draw rho by number of slices (Table 6) beside the paper's."""
    draw_slice_counts({"this cohort": ours, "paper, another cohort": theirs}, title, path)
    return path

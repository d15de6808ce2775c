"""The report's sections: which tables and figures, in the paper's order, with what words."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.report import (
    case_figures,
    class_tables,
    correlation_tables,
    report_figures,
    threshold_tables,
)
from tools.report.measured_sections import (
    baseline_sections,
    repeatability_sections,
    sweep_sections,
    variant_sections,
)
from tools.report.report_page import Picture, Section
from tools.report.results import Results
from tools.report.runs_table import runs_table

LIMITS = (
    "Numbers of the paper come from 195 scans of COPDGene and stand here for orientation only: "
    "another cohort gives other numbers, whatever the method.",
    "A correlation depends on how widely a cohort spreads; agreement (MAE, limits, CCC) does not.",
    "Recalibration and the probability of COPD are fitted on the validation split, which also "
    "chose the weights.",
    "Intervals hold for new scans of the same kind, not for other scanners or populations.",
)


def sections(results_of: dict[str, Results], by: Sequence[str], folder: Path) -> Iterator[Section]:
    """Yield the report's sections; figures go into `folder`.

    results_of: target name -> results. by: columns of the cohort's table that define subgroups.
    """
    everything = list(results_of.values())
    yield correlation_section(everything, folder)
    yield from baseline_sections(everything, folder)
    yield agreement_section(everything, folder)
    if "ve" in results_of:
        yield ve_section(results_of["ve"], folder)
    if "fev1fvc" in results_of:
        yield copd_section(results_of["fev1fvc"], folder)
    if {"fev1fvc", "fev1pp"} <= set(results_of):
        yield gold_section(results_of["fev1fvc"], results_of["fev1pp"], folder)
    yield from own_class_sections(everything, folder)
    yield from sweep_sections(everything, folder)
    yield from variant_sections(everything, folder)
    yield from repeatability_sections(everything)
    if by:
        tables = [correlation_tables.subgroup_table(everything, column) for column in by]
        yield Section("Subgroups", [], tables)
    yield scans_section(everything, folder)
    yield Section("What was trained on what", [], [runs_table(everything)])
    yield Section("Limits", list(LIMITS))


def correlation_section(everything: list[Results], folder: Path) -> Section:
    """Return the network beside densitometry."""
    methods = report_figures.draw_methods(everything, folder)
    scatter = report_figures.draw_correlations(everything, folder)
    return Section(
        "Correlation",
        [f"{len(everything[0].test.scan_ids)} scans of the test split."],
        [
            correlation_tables.correlation_table(everything),
            Picture(methods, "Network and densitometry"),
            Picture(scatter, "Densitometry and prediction against the truth (Figure 2)"),
            correlation_tables.fits_table(everything),
        ],
    )


def agreement_section(everything: list[Results], folder: Path) -> Section:
    """Return how far predictions are from the truth."""
    pictures = [
        Picture(
            report_figures.draw_bland_altman(results, folder),
            f"Bland-Altman: {results.target.title}",
        )
        for results in everything
    ]
    return Section("Agreement", [], [correlation_tables.agreement_table(everything), *pictures])


def ve_section(ve: Results, folder: Path) -> Section:
    """Return the VE grades, and the readers where the cohort has two."""
    picture = Picture(report_figures.draw_ve(ve, folder), "VE scores, rows are the truth")
    readers = class_tables.readers_table(ve)
    parts = [class_tables.ve_table(ve), picture, *([readers] if readers else [])]
    return Section("Visual emphysema score", [], parts)


def copd_section(ratio: Results, folder: Path) -> Section:
    """Return COPD by FEV1/FVC."""
    roc = report_figures.draw_copd_roc(ratio, folder)
    parts = [
        class_tables.copd_table(ratio),
        class_tables.auc_table(ratio, correlation_tables.baselines(ratio)),
        Picture(roc, "ROC curve for COPD (Figure 3)"),
        class_tables.brier_table(ratio),
    ]
    calibration = report_figures.draw_calibration(ratio, folder)
    if calibration:
        parts.append(Picture(calibration, "Calibration of the probability of COPD"))
    return Section("COPD", [], parts)


def gold_section(ratio: Results, percent: Results, folder: Path) -> Section:
    """Return the GOLD stages by FEV1/FVC and FEV1 % predicted."""
    drawn = report_figures.draw_gold(ratio, percent, folder)
    picture = Picture(drawn, "GOLD stages, rows are the truth")
    return Section("GOLD stages", [], [class_tables.gold_table(ratio, percent), picture])


def own_class_sections(everything: list[Results], folder: Path) -> Iterator[Section]:
    """Yield the classes of each own target whose declaration has thresholds."""
    for results in everything:
        if not (results.target.is_own and results.target.thresholds):
            continue
        title = results.target.title
        picture = Picture(report_figures.draw_own_classes(results, folder), f"{title}: classes")
        tables = [threshold_tables.class_table(results), threshold_tables.threshold_table(results)]
        yield Section(f"Classes: {title}", [], [tables[0], picture, tables[1]])


def scans_section(everything: list[Results], folder: Path) -> Section:
    """Return single scans: the worst predictions, and contributions along z."""
    parts = []
    for results in everything:
        title = results.target.title
        worst = case_figures.draw_worst(results, folder)
        parts.append(Picture(worst, f"{title}: the largest errors (Figure 4)"))
        slices = case_figures.draw_slices(results, folder)
        parts.append(Picture(slices, f"{title}: contributions of the slices (Figure 5)"))
    return Section("Scans", [], parts)

"""The report's sections: which tables and figures, in the paper's order, with what words."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from pylayers.cohort.cohort import read_rows
from tools.baselines.scored_baselines import read_baselines
from tools.repeatability.repeat_files import read_pairs, read_scans
from tools.report import (
    case_figures,
    class_tables,
    correlation_tables,
    paper,
    report_figures,
    threshold_tables,
)
from tools.report.baseline_table import baseline_table
from tools.report.repeatability_table import pair_table, repeatability_table
from tools.report.report_page import Picture, Section
from tools.report.result_table import Table
from tools.report.results import Results
from tools.stats.estimate import Estimate
from tools.stats.estimate_text import estimate_text
from tools.training.run_places import make_command

FACTS = (
    "schedule", "iterations", "iteration", "val_loss", "slices", "test_slices", "batch", "seed",
    "cohort", "cohort_sha256", "preprocessing_version", "weights_sha256", "caffe_version",
    "caffe_commit", "git_commit",
)  # fmt: skip
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


def baseline_sections(everything: list[Results], folder: Path) -> Iterator[Section]:
    """Yield the related work beside the network, of each target that has been compared with it."""
    for results in everything:
        scored = read_baselines(results.run)
        if scored is None:
            continue
        target, test = results.target, results.test
        title = f"Related work: {target.title}"
        table = baseline_table(target, test, scored)
        if table is None:
            again = make_command("baselines", results.run, target.name)
            yield Section(title, [f"Of an earlier cohort or split; `{again}` makes it anew."])
            continue
        drawn = report_figures.draw_baselines(target, test, scored, folder)
        yield Section(title, [], [table, Picture(drawn, "Related work and network")])


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


def sweep_sections(everything: list[Results], folder: Path) -> Iterator[Section]:
    """Yield Table 6 of each target that has been swept over the number of slices."""
    for results in everything:
        name, title = results.target.name, results.target.title
        swept = results.run.path.parent / f"sweep_{name}" / "table6.csv"
        if not swept.exists():
            continue
        rows = {int(row["slices"]): row for _, row in read_rows(swept)}
        ours = {
            slices: Estimate(*(float(row[key] or "nan") for key in ("rho", "low", "high")))
            for slices, row in rows.items()
        }
        theirs = paper.SLICES_RHO if name == "fev1fvc" else {}
        table = Table(
            f"table6_{name}",
            f"{title} by number of slices (Table 6)",
            ("slices", "rho [95 % CI]", "validation loss", "paper, another cohort"),
            tuple(
                (
                    row["slices"],
                    estimate_text(ours[slices]),
                    f"{float(row['val_loss']):.4g}",
                    estimate_text(theirs[slices]) if slices in theirs else "",
                )
                for slices, row in rows.items()
            ),
        )
        drawn = report_figures.draw_sweep(ours, theirs, title, folder / f"table6_{name}.png")
        parts = [table, Picture(drawn, "Table 6 as a figure")]
        yield Section(f"Number of slices: {title}", [], parts)


def repeatability_sections(everything: list[Results]) -> Iterator[Section]:
    """Yield how far network and densities move between scans of one subject, where measured."""
    for results in everything:
        target, run = results.target, results.run
        kept, pairs = read_scans(run), read_pairs(run)
        sentences, parts = [], [pair_table(target, pairs)] if pairs else []
        if kept is not None:
            scans, facts = kept
            if facts.get("weights_sha256") == results.facts.get("weights_sha256"):
                parts.insert(0, repeatability_table(target, scans))
            else:
                again = make_command("repeatability", run, target.name)
                sentences.append(f"Of earlier weights; `{again}` measures it anew.")
        if sentences or parts:
            yield Section(f"Repeatability: {target.title}", sentences, parts)


def scans_section(everything: list[Results], folder: Path) -> Section:
    """Return single scans: the worst predictions, and contributions along z."""
    parts = []
    for results in everything:
        title = results.target.title
        worst = case_figures.draw_worst(results, folder)
        parts.append(Picture(worst, f"{title}: the largest errors (Figure 4)"))
        slices = case_figures.draw_slices(results, read_contributions(results), folder)
        parts.append(Picture(slices, f"{title}: contributions of the slices (Figure 5)"))
    return Section("Scans", [], parts)


def read_contributions(results: Results) -> dict[str, np.ndarray]:
    """Return scan_id -> contributions (slices,) of the test split."""
    values = {}
    for _, row in read_rows(results.run.contributions("test")):
        values.setdefault(row["scan_id"], []).append(float(row["contribution"]))
    return {scan_id: np.array(numbers) for scan_id, numbers in values.items()}


def runs_table(everything: list[Results]) -> Table:
    """Return the settings of each run, its training scans and the size of its splits."""
    columns = ("", *(results.target.name for results in everything))
    rows = [(key, *(short(results.facts.get(key, "")) for results in everything)) for key in FACTS]
    trained = [results.trained_on.words() if results.trained_on else {} for results in everything]
    for name in dict.fromkeys(name for words in trained for name in words):
        rows.append((name, *(words.get(name, "") for words in trained)))
    for split, name in (("val", "scans, validation split"), ("test", "scans, test split")):
        rows.append((name, *(str(len(getattr(r, split).scan_ids)) for r in everything)))
    return Table("runs", "Runs", columns, tuple(rows))


def short(value: object) -> str:
    """Return a cell's text; of a hash (SHA-1, SHA-256) the first 12 digits."""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text[:12] if len(text) in (40, 64) else text

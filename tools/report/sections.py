"""The report's sections: which tables and figures, in the paper's order, with what words."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pylayers.cohort.cohort import read_rows
from tools.report import case_figures, class_tables, correlation_tables, paper, report_figures
from tools.report.report_page import Section
from tools.report.result_table import Table, printed, shown
from tools.report.results import Results
from tools.stats.estimate import Estimate

MADE = (
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


def sections(found: dict[str, Results], by: list[str], folder: Path) -> Iterator[Section]:
    """Yield the report's sections; figures go into `folder`.

    found: target name -> results. by: columns of the cohort's table to make subgroups by.
    """
    everything = list(found.values())
    yield correlation_section(everything, folder)
    yield agreement_section(everything, folder)
    if "ve" in found:
        yield ve_section(found["ve"], folder)
    if "fev1fvc" in found:
        yield copd_section(found["fev1fvc"], folder)
    if {"fev1fvc", "fev1pp"} <= set(found):
        table = class_tables.gold_table(found["fev1fvc"], found["fev1pp"])
        picture = report_figures.draw_gold(found["fev1fvc"], found["fev1pp"], folder)
        yield Section("GOLD stages", [], [table, (picture, "GOLD stages, rows are the truth")])
    yield from sweep_sections(everything, folder)
    if by:
        tables = [correlation_tables.subgroup_table(everything, column) for column in by]
        yield Section("Subgroups", [], tables)
    yield scans_section(everything, folder)
    yield Section("What was trained on what", [], [made_table(everything)])
    yield Section("Limits", list(LIMITS))


def correlation_section(everything: list[Results], folder: Path) -> Section:
    """Return the network beside densitometry."""
    table = correlation_tables.correlation_table(everything)
    return Section(
        "Correlation",
        [f"{len(everything[0].test.scan_ids)} scans of the test split."],
        [
            table,
            (report_figures.draw_methods(everything, folder), "Network and densitometry"),
            (
                report_figures.draw_correlations(everything, folder),
                "Densitometry and prediction against the truth (Figure 2)",
            ),
            correlation_tables.fits_table(everything),
        ],
    )


def agreement_section(everything: list[Results], folder: Path) -> Section:
    """Return how far predictions are from the truth."""
    drawn = [
        (report_figures.draw_bland_altman(results, folder), f"Bland-Altman: {results.target.title}")
        for results in everything
    ]
    return Section("Agreement", [], [correlation_tables.agreement_table(everything), *drawn])


def ve_section(ve: Results, folder: Path) -> Section:
    """Return the VE grades, and the readers where the cohort has two."""
    picture = (report_figures.draw_ve(ve, folder), "VE scores, rows are the truth")
    parts = [class_tables.ve_table(ve), picture, class_tables.readers_table(ve)]
    return Section("Visual emphysema score", [], [part for part in parts if part])


def copd_section(ratio: Results, folder: Path) -> Section:
    """Return COPD by FEV1/FVC."""
    parts = [
        class_tables.copd_table(ratio),
        class_tables.auc_table(ratio, correlation_tables.baselines(ratio)),
        (report_figures.draw_copd_roc(ratio, folder), "ROC curve for COPD (Figure 3)"),
        class_tables.brier_table(ratio),
    ]
    calibration = report_figures.draw_calibration(ratio, folder)
    if calibration:
        parts.append((calibration, "Calibration of the probability of COPD"))
    return Section("COPD", [], parts)


def sweep_sections(everything: list[Results], folder: Path) -> Iterator[Section]:
    """Yield Table 6 of each target whose sweep over the number of slices is there."""
    for results in everything:
        name = results.target.name
        swept = results.run.path.parent / f"sweep_{name}" / "table6.csv"
        if not swept.exists():
            continue
        rows = [row for _, row in read_rows(swept)]
        said = paper.SLICES_RHO if name == "fev1fvc" else {}
        table = Table(
            f"table6_{name}",
            f"{results.target.title} by number of slices (Table 6)",
            ("slices", "rho [95 % CI]", "validation loss", "paper, another cohort"),
            tuple(
                (
                    row["slices"],
                    shown(Estimate(*(float(row[key] or "nan") for key in ("rho", "low", "high")))),
                    f"{float(row['val_loss']):.4g}",
                    printed(said.get(int(row["slices"]))),
                )
                for row in rows
            ),
        )
        picture = report_figures.draw_sweep(
            rows, said, results.target.title, folder / f"table6_{name}.png"
        )
        yield Section(
            f"Number of slices: {results.target.title}", [], [table, (picture, "Table 6, drawn")]
        )


def scans_section(everything: list[Results], folder: Path) -> Section:
    """Return single scans: the worst predictions, and contributions along z."""
    parts = []
    for results in everything:
        title = results.target.title
        worst = case_figures.draw_worst(results, folder)
        parts.append((worst, f"{title}: the largest errors (Figure 4)"))
        slices = case_figures.draw_slices(results, read_contributions(results), folder)
        parts.append((slices, f"{title}: contributions of the slices (Figure 5)"))
    return Section("Scans", [], parts)


def read_contributions(results: Results) -> dict[str, np.ndarray]:
    """Return scan_id -> contributions (slices,) of the test split."""
    values = {}
    for _, row in read_rows(results.run.contributions("test")):
        values.setdefault(row["scan_id"], []).append(float(row["contribution"]))
    return {scan_id: np.array(numbers) for scan_id, numbers in values.items()}


def made_table(everything: list[Results]) -> Table:
    """Return what each run was asked to do and made from."""
    columns = ("", *(results.target.name for results in everything))
    rows = [(key, *(short(results.made.get(key, "")) for results in everything)) for key in MADE]
    seen = [results.seen.words() if results.seen else {} for results in everything]
    for name in dict.fromkeys(name for words in seen for name in words):
        rows.append((name, *(words.get(name, "") for words in seen)))
    splits = [("val", "scans, validation split"), ("test", "scans, test split")]
    for split, name in splits:
        rows.append((name, *(str(len(getattr(r, split).scan_ids)) for r in everything)))
    return Table("runs", "Runs", columns, tuple(rows))


def short(value) -> str:
    """Return a value of the table; hashes by their first digits."""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text[:12] if len(text) in (40, 64) else text

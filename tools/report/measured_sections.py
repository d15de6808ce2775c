"""The report's sections of what was measured beside a run, each only where it was."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from pylayers.cohort.cohort import read_rows
from tools.baselines.scored_baselines import read_baselines
from tools.repeatability.repeat_files import read_pairs, read_scans
from tools.report import paper, report_figures
from tools.report.baseline_table import baseline_table
from tools.report.compared_runs import with_variants
from tools.report.proposals import proposals
from tools.report.repeatability_table import pair_table, repeatability_table
from tools.report.report_page import Picture, Section
from tools.report.result_table import Table
from tools.report.results import Results
from tools.report.variant_table import target_table
from tools.scoring.predictions import offsets_evaluated
from tools.stats.estimate import Estimate
from tools.stats.estimate_text import estimate_text
from tools.training.run_places import make_command


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


def variant_sections(everything: list[Results], folder: Path) -> Iterator[Section]:
    """Yield what was tried beside the paper's network, where variants or offsets were."""
    runs, sentences = with_variants(everything)
    tried = len(runs) > len(everything) or any(offsets_evaluated(one.run) for one in everything)
    if not (tried or sentences):
        return
    parts = []
    if tried:
        found = proposals(runs)
        phantoms = any(one.facts.get("phantom") for one in runs)
        drawn = Picture(report_figures.draw_gains(found, folder), "Gain in rank correlation")
        by_target = groupby(found, key=lambda one: one.target.name)
        parts = [*(target_table(list(group), phantoms) for _, group in by_target), drawn]
    yield Section("Proposals of the discussion", sentences, parts)


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

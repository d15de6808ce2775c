"""What each proposal of the paper's discussion adds to the network, on the same test scans."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pylayers.batch.variants import PLAIN, VARIANTS
from pylayers.cohort.targets import Target
from pylayers.lungs.views import VIEWS
from tools.caffe_run.caffe_log import training_s
from tools.report.combined_views import AXIAL, LINEAR, MEAN, combine
from tools.report.result_table import Table
from tools.report.results import Results, Split, read_split
from tools.scoring.predictions import several_name
from tools.stats.agreement import agreement
from tools.stats.bootstrap import mean_interval
from tools.stats.correlation import compare_correlations, spearman_interval
from tools.stats.estimate_text import estimate_text
from tools.stats.recalibration import fit_linear
from tools.stats.roc import roc_area
from tools.training.trained_variant import VARIANT

OFFSETS = 8  # of `evaluate --offsets`, whose predictions are looked for
NONE = "-"
COLUMNS = (
    *("proposal", "target", "scans", "Spearman's rho [95 % CI]", "MAE [95 % CI]"),
    *("AUC [95 % CI]", "rho, difference", "P(better)", "MAE, difference", "training, minutes"),
)
NOTES = (
    "Differences are from the paper's network of the same target on the same scans, by the paired "
    "bootstrap. AUC is of the target's first threshold.",
)


@dataclass(frozen=True)
class Proposal:
    """One row. title: in the table. test: its predictions. training_s: None where it needs none."""

    title: str
    test: Split
    training_s: float | None


def variant_table(runs: Sequence[Results]) -> Table:
    """Return a row for each run and for what is made of the plain ones, by target.

    runs: of one cohort, each of another target or variant.
    """
    rows, targets = [], {run.target.name: run.target for run in runs}
    for target in targets.values():
        own = {run.facts.get(VARIANT, PLAIN.name): run for run in runs if run.target == target}
        plain = own.pop(PLAIN.name, None)
        if plain is None:
            continue
        rows.append(_row(target, Proposal(PLAIN.title, plain.test, training_s(plain.run.log))))
        others = (*_of_plain(plain), *_of_variants(own), *_of_views(plain, own))
        rows += [_row(target, one, plain.test) for one in others]
    phantom = all(run.facts.get("phantom") for run in runs)
    about = ("Phantoms: simulated scans, which say nothing about patients.",) if phantom else ()
    return Table(
        "table",
        "What each proposal of the discussion adds",
        COLUMNS,
        (*rows,),
        (*NOTES, *about),
    )


def _of_plain(plain: Results) -> Iterator[Proposal]:
    """Yield what is made of the paper's network without another training."""
    line = fit_linear(plain.val.prediction, plain.val.truth)
    if not line.why:
        calibrated = replace(plain.test, prediction=line(plain.test.prediction))
        yield Proposal("calibrated on validation", calibrated, None)
    path = plain.run.predictions(several_name(OFFSETS))
    if path.exists():
        rows = dict(zip(plain.test.scan_ids, plain.test.rows, strict=True))
        yield Proposal(f"{OFFSETS} start offsets", read_split(path, rows, plain.target), None)


def _of_variants(runs: dict[str, Results]) -> Iterator[Proposal]:
    for name in VARIANTS:
        if name in runs:
            run = runs[name]
            yield Proposal(VARIANTS[name].title, run.test, training_s(run.run.log))


def _of_views(plain: Results, own: dict[str, Results]) -> Iterator[Proposal]:
    """Yield the combinations of the three directions, where all were trained."""
    if not VIEWS.keys() <= own.keys():
        return
    runs = {AXIAL: plain} | {name: own[name] for name in VIEWS}
    combined = combine({name: run.run for name, run in runs.items()})
    seconds = sum(training_s(run.run.log) for run in runs.values())
    for name, title in ((MEAN, "three directions, their mean"), (LINEAR, "three, weighted")):
        test = replace(plain.test, prediction=combined.predictions[name])
        yield Proposal(title, test, seconds)


def _row(target: Target, proposal: Proposal, plain: Split | None = None) -> tuple[str, ...]:
    test = proposal.test
    minutes = NONE if proposal.training_s is None else f"{proposal.training_s / 60:.1f}"
    cells = [
        *(proposal.title, target.name, str(len(test.scan_ids))),
        estimate_text(spearman_interval(test.prediction, test.truth)),
        estimate_text(agreement(test.truth, test.prediction).mae, target.decimals),
        _area(target, test),
    ]
    if plain is None:
        return (*cells, NONE, NONE, NONE, minutes)
    known = set(plain.scan_ids)
    both = [scan_id for scan_id in test.scan_ids if scan_id in known]
    ours, theirs = test.only(both), plain.only(both)
    rhos = compare_correlations(ours.truth, ours.prediction, theirs.prediction)
    errors = [np.abs(one.prediction - one.truth) for one in (ours, theirs)]
    return (
        *cells,
        estimate_text(rhos.difference, 3),
        NONE if np.isnan(rhos.a_stronger) else f"{rhos.a_stronger:.3f}",
        estimate_text(mean_interval(errors[0] - errors[1]), target.decimals + 1),
        minutes,
    )


def _area(target: Target, test: Split) -> str:
    if not target.thresholds:
        return NONE
    positive = test.truth >= target.thresholds[0]
    return estimate_text(roc_area(positive, test.prediction).delong)

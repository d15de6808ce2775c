"""What each proposal of the paper's discussion adds to its network, on the same scans."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pylayers.batch.variants import PLAIN, VARIANTS
from pylayers.cohort.targets import Target
from pylayers.lungs.views import VIEWS
from tools.caffe_run.caffe_log import training_s
from tools.report.combined_views import AXIAL, LINEAR, MEAN, combine
from tools.report.results import Results, Split, read_split
from tools.scoring.predictions import offsets_evaluated
from tools.stats.agreement import agreement
from tools.stats.correlation import spearman_interval
from tools.stats.estimate import Estimate, no_estimate
from tools.stats.gain import gain_over
from tools.stats.recalibration import fit_linear
from tools.stats.roc import roc_area
from tools.training.trained_variant import VARIANT


@dataclass(frozen=True)
class Proposal:
    """One way to predict a target, on the test scans that it and the paper's network have.

    title: in tables and figures. scans: how many. rho, mae, auc: on its own scans; auc is that of
    the target's first threshold. gain (in rho), better (the probability that rho is higher),
    mae_less (its MAE minus the paper's): None or NaN for the paper's network. training_s: None
    where it needs no training.
    """

    title: str
    target: Target
    scans: int
    rho: Estimate
    mae: Estimate
    auc: Estimate
    training_s: float | None
    gain: Estimate | None = None
    better: float = float("nan")
    mae_less: Estimate | None = None


def proposals(runs: Sequence[Results]) -> list[Proposal]:
    """Return the paper's network and then what was tried beside it, by target.

    runs: of one cohort, each of another target or variant. A target without the paper's network is
    left out. Intervals and probabilities from paired, seeded bootstrap resamples.
    """
    found, targets = [], {run.target.name: run.target for run in runs}
    for target in targets.values():
        own = {run.facts.get(VARIANT, PLAIN.name): run for run in runs if run.target == target}
        plain = own.pop(PLAIN.name, None)
        if plain is None:
            continue
        found.append(_alone(PLAIN.title, target, plain.test, _seconds(plain)))
        for title, test, seconds in (
            *_of_plain(plain),
            *_of_variants(own),
            *_of_views(plain, own),
        ):
            found.append(_beside(_alone(title, target, test, seconds), test, plain.test))
    return found


def _of_plain(plain: Results) -> Iterator[tuple[str, Split, None]]:
    """Yield what is made of the paper's network without another training."""
    line = fit_linear(plain.val.prediction, plain.val.truth)
    if not line.why:
        calibrated = replace(plain.test, prediction=line(plain.test.prediction))
        yield "calibrated on validation", calibrated, None
    rows = dict(zip(plain.test.scan_ids, plain.test.rows, strict=True))
    for offsets, path in offsets_evaluated(plain.run).items():
        yield f"{offsets} start offsets", read_split(path, rows, plain.target), None


def _of_variants(runs: dict[str, Results]) -> Iterator[tuple[str, Split, float | None]]:
    for name, variant in VARIANTS.items():
        if name in runs:
            yield variant.title, runs[name].test, _seconds(runs[name])


def _of_views(plain: Results, own: dict[str, Results]) -> Iterator[tuple[str, Split, float | None]]:
    """Yield the combinations of the three directions, where all were trained."""
    if not VIEWS.keys() <= own.keys():
        return
    runs = {AXIAL: plain} | {name: own[name] for name in VIEWS}
    combined = combine({name: run.run for name, run in runs.items()})
    each = [_seconds(run) for run in runs.values()]
    seconds = None if None in each else sum(each)
    for name, title in ((MEAN, "three directions, their mean"), (LINEAR, "three, weighted")):
        yield title, replace(plain.test, prediction=combined.predictions[name]), seconds


def _seconds(run: Results) -> float | None:
    """Return how long a run was trained; None where it came without its log."""
    return training_s(run.run.log) if run.run.log.exists() else None


def _alone(title: str, target: Target, test: Split, seconds: float | None) -> Proposal:
    if target.thresholds:
        area = roc_area(test.truth >= target.thresholds[0], test.prediction).delong
    else:
        area = no_estimate("no threshold")
    return Proposal(
        title,
        target,
        len(test.scan_ids),
        spearman_interval(test.prediction, test.truth),
        agreement(test.truth, test.prediction).mae,
        area,
        seconds,
    )


def _beside(one: Proposal, test: Split, plain: Split) -> Proposal:
    """Return a proposal with what sets it off from the paper's network on their common scans."""
    known = set(plain.scan_ids)
    both = [scan_id for scan_id in test.scan_ids if scan_id in known]
    ours, theirs = test.only(both), plain.only(both)
    gain = gain_over(ours.truth, ours.prediction, theirs.prediction)
    return replace(one, gain=gain.rho, better=gain.better, mae_less=gain.mae)

"""A scan's lungs scored for every target: the numbers behind JSON, tables, figures and pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from pylayers.cohort.second_scan import same_scan, second_notes
from pylayers.errors import ScanRefused
from pylayers.lungs.crop import LungCrop
from tools.scoring.scorer import Scorer, SliceScores

PHANTOM_WARNING = "weights trained on phantoms: the numbers say nothing about a patient"


class TargetScore(NamedTuple):
    """One target's scoring; crop: what was scored, the scan's own or a resampled one.

    second: what was scored of the second scan, None where the network takes none.
    """

    scorer: Scorer
    crop: LungCrop
    slices: SliceScores
    second: LungCrop | None = None


@dataclass(frozen=True)
class ScoredCrop:
    """A scan's scoring; targets: by name, without those that refused; warnings: a sentence each.

    seconds: the lungs of the scan's second scans, by kind.
    """

    crop: LungCrop
    targets: dict[str, TargetScore]
    warnings: tuple[str, ...]
    seconds: Mapping[str, LungCrop] = field(default_factory=dict)


def score_crop(
    scorers: list[Scorer], crop: LungCrop, seconds: Mapping[str, LungCrop] | None = None
) -> ScoredCrop:
    """Score a scan's lungs for every target, each on its own network.

    seconds: the lungs of its second scans, by kind. A target whose weights refuse the scan's
    pixels, or lack the second scan, is left out with a warning. Raises ScanRefused when all do,
    and for a second scan that is the first again.
    """
    seconds = seconds or {}
    odd = _odd_seconds(crop, seconds)
    crops, notes = _suited(scorers, crop, seconds)
    targets = {}
    for scorer in scorers:
        if (own := crops.get(scorer.target.name)) is not None:
            first, second = own
            slices = scorer.score(scorer.planes(first), None if second is None else second.hu)
            targets[scorer.target.name] = TargetScore(scorer, first, slices, second)
    phantom = any(target.scorer.run.is_phantom for target in targets.values())
    warnings = (*crop.warnings, *odd, *notes, *([PHANTOM_WARNING] if phantom else []))
    return ScoredCrop(crop, targets, warnings, seconds)


def _odd_seconds(crop: LungCrop, seconds: Mapping[str, LungCrop]) -> list[str]:
    """Return what is odd about second scans; ScanRefused for one that is the first again."""
    notes = []
    for kind, second in seconds.items():
        if np.array_equal(crop.hu, second.hu):
            raise same_scan(kind)
        notes += [f"{kind}: {warning}" for warning in second.warnings]
        notes += second_notes(kind, crop.lungs_l, second.lungs_l)
    return notes


def _suited(
    scorers: list[Scorer], crop: LungCrop, seconds: Mapping[str, LungCrop]
) -> tuple[dict[str, tuple[LungCrop, LungCrop | None]], list[str]]:
    """Return each target's crops to score, of the scan and of its second scan, with the notes.

    Notes: what its weights find unusual, each sentence once.
    """
    crops, notes, refusals = {}, {}, []
    for scorer in scorers:
        name = scorer.target.name
        try:
            first, sentences = scorer.suited(crop)
            second, more = scorer.suited_second(seconds)
            crops[name], sentences = (first, second), [*sentences, *more]
        except ScanRefused as error:
            refusals.append(error)
            sentences = [f"not scored: {error}"]
        for sentence in sentences:
            notes.setdefault(sentence, []).append(name)
    if refusals and not crops:
        raise refusals[0]
    return crops, [
        sentence if len(names) == len(scorers) else f"{', '.join(names)}: {sentence}"
        for sentence, names in notes.items()
    ]

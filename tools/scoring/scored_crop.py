"""A scan's lungs scored for every target: the numbers behind JSON, tables, figures and pages."""

from dataclasses import dataclass
from typing import NamedTuple

from pylayers.errors import ScanRefused
from pylayers.lungs.crop import LungCrop
from tools.scoring.scorer import Scorer, SliceScores

PHANTOM_WARNING = "weights trained on phantoms: the numbers say nothing about a patient"


class TargetScore(NamedTuple):
    """One target's scoring; crop: what was scored, the scan's own or a resampled one."""

    scorer: Scorer
    crop: LungCrop
    slices: SliceScores


@dataclass(frozen=True)
class ScoredCrop:
    """A scan's scoring; targets: by name, without those that refused; warnings: a sentence each."""

    crop: LungCrop
    targets: dict[str, TargetScore]
    warnings: tuple[str, ...]


def score_crop(scorers: list[Scorer], crop: LungCrop) -> ScoredCrop:
    """Score a scan's lungs for every target, each on its own network.

    A target whose weights refuse the scan's pixels is left out with a warning. Raises ScanRefused
    (pixel-size) when all do.
    """
    crops, notes = _suited(scorers, crop)
    targets = {
        scorer.target.name: TargetScore(scorer, own, scorer.score(scorer.planes(own)))
        for scorer in scorers
        if (own := crops.get(scorer.target.name)) is not None
    }
    phantom = any(target.scorer.run.is_phantom for target in targets.values())
    warnings = (*crop.warnings, *notes, *([PHANTOM_WARNING] if phantom else []))
    return ScoredCrop(crop, targets, warnings)


def _suited(scorers: list[Scorer], crop: LungCrop) -> tuple[dict[str, LungCrop], list[str]]:
    """Return each target's crop to score, and what its weights find unusual, each sentence once."""
    crops, notes, refusals = {}, {}, []
    for scorer in scorers:
        name = scorer.target.name
        try:
            crops[name], sentences = scorer.suited(crop)
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

"""A scored scan as the figure of its slices' contributions takes it."""

from dataclasses import replace

import numpy as np

from pylayers.batch.view_planes import view_grid
from pylayers.lungs.crop import LungCrop
from tools.figures.contributions import Contributions, PlaneAxis
from tools.scoring.scored_crop import ScoredCrop, TargetScore
from tools.scoring.slice_places import places_of


def contributions_of(heading: str, scored: ScoredCrop) -> list[Contributions]:
    """Return the contributions of all targets, those of axial slices together.

    heading: what stands above each row.
    """
    axial = {n: t for n, t in scored.targets.items() if t.scorer.run.variant.view is None}
    views = [{n: t} for n, t in scored.targets.items() if n not in axial]
    drawn = [_drawn(heading, scored.crop, targets) for targets in ([axial] if axial else [])]
    return drawn + [_drawn(heading, *_seen(targets)) for targets in views]


def _seen(targets: dict[str, TargetScore]) -> tuple[LungCrop, dict[str, TargetScore], PlaneAxis]:
    """Return a target's planes as a crop, the target, and where the planes lie."""
    (target,) = targets.values()
    crop, view = target.crop, target.scorer.run.variant.view
    hu = target.scorer.planes(crop)
    _, spacing_mm = view_grid(crop.hu.shape, crop.spacing_mm, view)
    mm = places_of(crop, view, np.arange(len(hu))).mm
    seen = replace(crop, hu=hu, spacing_mm=spacing_mm, lung_bits=None)
    return seen, targets, PlaneAxis(view.letter, view.way, mm)


def _drawn(
    heading: str, crop: LungCrop, targets: dict[str, TargetScore], axis: PlaneAxis | None = None
) -> Contributions:
    slices = {name: target.slices for name, target in targets.items()}
    return Contributions(
        heading,
        crop,
        {name: own.contributions for name, own in slices.items()},
        samples={name: own.sample for name, own in slices.items()},
        targets={name: own.scorer.target for name, own in targets.items()},
        axis=axis,
    )

"""What a number means: a sentence, and the scale it is shown on."""

from dataclasses import dataclass

from pylayers.cohort.gold import COPD_BELOW, STAGE_BOUNDS_PERCENT, gold_stage
from pylayers.cohort.targets import Target

# Visual grades of emphysema (Lynch et al. 2018, doi 10.1148/radiol.2018172294).
GRADES = ("absent", "trace", "mild", "moderate", "confluent", "advanced destructive")


@dataclass(frozen=True)
class Scale:
    """A number line: parts are (upper bound, name) from `low` upwards; the last ends the scale.

    worse: +1 where higher numbers are more disease, -1 where lower ones are; +1 where neither is.
    """

    low: float
    parts: tuple[tuple[float, str], ...]
    worse: int

    @property
    def high(self) -> float:
        """The upper end."""
        return self.parts[-1][0]


SCALES = {
    "ve": Scale(
        0.0,
        tuple((min(grade + 0.5, 5.0), name.split()[0]) for grade, name in enumerate(GRADES)),
        worse=1,
    ),
    "fev1fvc": Scale(0.2, ((COPD_BELOW, "COPD"), (1.0, "no COPD")), worse=-1),
    "fev1pp": Scale(
        0.0,
        (
            (STAGE_BOUNDS_PERCENT[2], "GOLD 4"),
            (STAGE_BOUNDS_PERCENT[1], "GOLD 3"),
            (STAGE_BOUNDS_PERCENT[0], "GOLD 2"),
            (130.0, "GOLD 1"),
        ),
        worse=-1,
    ),
}


def scale_of(target: Target) -> Scale:
    """Return the scale on which a target is shown: an own one's has its range and thresholds."""
    if not target.is_own:
        return SCALES[target.name]
    bounds = (*target.thresholds, target.high)
    return Scale(target.low, tuple(zip(bounds, target.class_names, strict=True)), worse=1)


def meaning(target: Target, scores: dict[str, float]) -> str:
    """Return one sentence on a target's score; scores: by target name, in its unit."""
    name, score = target.name, scores[target.name]
    if target.is_own:
        return (
            "A number that the training's cohort declares, "
            f"{target.low:g} to {target.high:g}{f' {target.unit}' if target.unit else ''}."
        )
    if name == "ve":
        grade = min(max(round(score), 0), len(GRADES) - 1)
        return f"Extent of emphysema as a reader grades it, 0 to 5; nearest grade: {GRADES[grade]}."
    if name == "fev1fvc":
        side = "below" if score < COPD_BELOW else "not below"
        return (
            "Part of the forced vital capacity that is breathed out in the first second; COPD "
            f"where it is below {COPD_BELOW}; this prediction is {side}."
        )
    ratio = scores.get("fev1fvc")
    text = "Air breathed out in the first second, in percent of what is expected of such a person; "
    if ratio is None:
        stage = gold_stage(0.0, score)
        return text + f"GOLD stage {stage} if FEV1/FVC is below {COPD_BELOW}."
    stage = gold_stage(ratio, score)
    if stage == 0:
        return text + f"no GOLD stage, since the predicted FEV1/FVC is not below {COPD_BELOW}."
    return text + f"GOLD stage {stage}, with the predicted FEV1/FVC."

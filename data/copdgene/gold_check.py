"""COPDGene's own GOLD column against the stage that lung function gives."""

from collections import Counter

from pylayers.cohort.gold import COPD_BELOW, STAGE_BOUNDS_PERCENT, gold_stage

PRISM = -1  # ratio preserved, FEV1 impaired
CONTROL = -2  # never smoked; has no stage
GOLD_CODES = (CONTROL, PRISM, 0, 1, 2, 3, 4)


def gold_agrees(values: dict[str, str]) -> bool | None:
    """Return whether the table's GOLD code is the one that FEV1/FVC and FEV1 % predicted give.

    None where there is nothing to compare: a value is unknown, or the subject never smoked.
    """
    gold, fev1fvc, fev1pp = (
        float(values[q]) if values[q] else None for q in ("gold", "fev1fvc", "fev1pp")
    )
    if None in (gold, fev1fvc, fev1pp) or gold == CONTROL:
        return None
    if gold == PRISM:
        return fev1fvc >= COPD_BELOW and fev1pp < STAGE_BOUNDS_PERCENT[0]
    return gold == gold_stage(fev1fvc, fev1pp)


def agreement_text(verdicts: list[bool | None], column: str) -> str:
    """Return one line on how often the two agree."""
    counts = Counter(verdicts)
    checked = counts[True] + counts[False]
    line = f"GOLD: {counts[True]} of {checked} agree with {column}"
    if counts[None]:
        line += f"; {counts[None]} not comparable (never-smokers, unknown values)"
    return line


def stages_text(rows: list[dict[str, str]]) -> str:
    """Return the GOLD stages that lung function gives, which the split is stratified by."""
    known = [row for row in rows if row["fev1fvc"] and row["fev1pp"]]
    counts = Counter(gold_stage(float(row["fev1fvc"]), float(row["fev1pp"])) for row in known)
    shares = [f"stage {stage}: {counts[stage]}" for stage in sorted(counts)]
    if len(known) < len(rows):
        shares.append(f"unknown: {len(rows) - len(known)}")
    return ", ".join(shares)

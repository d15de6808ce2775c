"""The table of what each proposal of the paper's discussion adds to the network."""

import math
from collections.abc import Sequence
from dataclasses import replace

from tools.report.proposals import Proposal
from tools.report.result_table import Table
from tools.stats.estimate import Estimate
from tools.stats.estimate_text import estimate_text

NONE = "-"
COLUMNS = (
    *("proposal", "target", "scans", "rho [95 % CI]", "MAE", "AUC [95 % CI]"),
    *("rho, difference", "P(better)", "MAE, difference", "minutes"),
)
NOTES = (
    "Differences are from the paper's network of the same target on the same scans, with 95 % "
    "intervals of the paired bootstrap. AUC is of the target's first threshold. Minutes are those "
    "of training.",
    "The intervals are those of the test scans: another seed of training moves a network, too.",
)
PHANTOMS = "Phantoms: simulated scans, which say nothing about patients."


def variant_table(name: str, found: Sequence[Proposal], phantoms: bool) -> Table:
    """Return a row for each proposal; name: of its files."""
    return Table(
        name,
        "What each proposal of the discussion adds",
        COLUMNS,
        tuple(map(_row, found)),
        (*NOTES, PHANTOMS) if phantoms else NOTES,
    )


def target_table(found: Sequence[Proposal], phantoms: bool) -> Table:
    """Return the rows of one target's proposals, without columns that say nothing there."""
    target, scans = found[0].target, {one.scans for one in found}
    table = variant_table(f"proposals_{target.name}", found, phantoms)
    columns = zip(table.columns, *table.rows, strict=True)  # each with its name first
    dull = {"target"} | ({"scans"} if len(scans) == 1 else set())
    kept = [cells for cells in columns if cells[0] not in dull and set(cells[1:]) != {NONE}]
    names, *rows = zip(*kept, strict=True)
    title = f"{target.title}: what each proposal adds, {max(scans)} test scans"
    return replace(table, title=title, columns=names, rows=tuple(rows))


def _row(one: Proposal) -> tuple[str, ...]:
    decimals = one.target.decimals
    return (
        *(one.title, one.target.name, str(one.scans)),
        estimate_text(one.rho),
        estimate_text(replace(one.mae, low=math.nan, high=math.nan), decimals),
        estimate_text(one.auc) if one.target.thresholds else NONE,
        _difference(one.gain, 3),
        NONE if math.isnan(one.better) else f"{one.better:.3f}",
        _difference(one.mae_less, decimals),
        NONE if one.training_s is None else f"{one.training_s / 60:.1f}",
    )


def _difference(estimate: Estimate | None, decimals: int) -> str:
    return NONE if estimate is None else estimate_text(estimate, decimals)

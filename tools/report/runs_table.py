"""The report's table of what was trained on what."""

from tools.report.result_table import Table
from tools.report.results import Results

FACTS = (
    "schedule", "iterations", "iteration", "val_loss", "slices", "test_slices", "batch", "seed",
    "cohort", "cohort_sha256", "preprocessing_version", "weights_sha256", "caffe_version",
    "caffe_commit", "git_commit",
)  # fmt: skip


def runs_table(everything: list[Results]) -> Table:
    """Return the settings of each run, its training scans and the size of its splits."""
    columns = ("", *(results.target.name for results in everything))
    rows = [(key, *(short(results.facts.get(key, "")) for results in everything)) for key in FACTS]
    trained = [results.trained_on.words() if results.trained_on else {} for results in everything]
    for name in dict.fromkeys(name for words in trained for name in words):
        rows.append((name, *(words.get(name, "") for words in trained)))
    for split, name in (("val", "scans, validation split"), ("test", "scans, test split")):
        rows.append((name, *(str(len(getattr(r, split).scan_ids)) for r in everything)))
    return Table("runs", "Runs", columns, tuple(rows))


def short(value: object) -> str:
    """Return a cell's text; of a hash (SHA-1, SHA-256) the first 12 digits."""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text[:12] if len(text) in (40, 64) else text

"""The two ends of an import: the check on the table it writes, and the commands that come next."""

import shlex
from pathlib import Path

from data.importers.left_out import left_out_path
from pylayers.errors import UsageError
from pylayers.files.output_check import check_output
from pylayers.files.output_place import place_of


def checked_out(out: Path, *inputs: Path | None) -> Path:
    """Return the table to write and make its folder; UsageError when it would overwrite an input.

    Also when the table cannot be written or is not a plain file.
    """
    if out.is_dir():
        raise UsageError(f"--out {out} is a folder; give the name of a CSV in it")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror}") from None
    for path in (out, left_out_path(out)):
        check_output(path, "--out", inputs)
    if place_of(out).stream:  # what is left out is written beside it
        raise UsageError(f"--out {out} is not a file; give the name of a CSV")
    return out


def next_steps(out: Path, known: dict[str, int]) -> list[str]:
    """Return the lines that say which commands come next; known: how many labels by target."""
    table, cohort = shlex.quote(str(out)), shlex.quote(str(out.parent / "cohort"))
    if not any(known.values()):
        return ["next:", f"  .venv/bin/python tools/score_cohort.py {table}"]
    target = max(("fev1fvc", *known), key=lambda name: known[name])
    return [
        "next:",
        f"  .venv/bin/python tools/prepare_cohort.py {table} --out {cohort}",
        f"  .venv/bin/python tools/split_cohort.py {cohort}",
        f"  make train TARGET={target} COHORT={cohort}",
    ]

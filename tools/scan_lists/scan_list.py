"""What score_cohort is to score: a CSV, a text file with one path per line, or a folder."""

import codecs
import os
import re
from os import PathLike
from pathlib import Path

from pylayers.errors import CohortError, UsageError
from pylayers.files.text_table import decoded
from tools.scan_lists.scan_columns import NEEDED, columns_named
from tools.scan_lists.scan_folder import SCAN_SUFFIXES, is_scan_file, scans_of
from tools.scan_lists.scan_table import ScanJob, checked_table, job_of

TABLES = (".csv", ".tsv", ".tab")
ID_LENGTH = 100  # leaves room in pylayers.cohort.cohort.SCAN_ID for what tells equal ones apart


def jobs_of(source: str | PathLike[str]) -> list[ScanJob]:
    """Return the scans of a CSV, a list or a folder in their order.

    Raises UsageError or, for a CSV, CohortError.
    """
    source = Path(source)
    if source.is_dir():
        jobs = named_jobs(scans_of(source), source)
    elif not (source.is_file() or source.is_fifo()):
        raise UsageError(f"there is no {source}")
    elif is_scan_file(source.name):
        raise UsageError(f"{source} is a scan, not a list of scans; score_scan.py scores one scan")
    elif is_table(source):
        jobs = [job_of(row, source.parent) for row in checked_table(source, labels=False)]
    else:
        jobs = named_jobs(paths_of(source), source.parent)
    if not jobs:
        raise UsageError(f"{source} holds no scans")
    return jobs


def is_table(source: Path) -> bool:
    """Return whether a file is a table with a header rather than a list of paths."""
    if source.suffix.lower() in TABLES:
        return True
    try:  # not of a pipe, which can be read but once
        return source.is_file() and set(NEEDED) <= columns_named(source)
    except CohortError:
        return False  # no text: to be said of a list


def paths_of(text_file: Path) -> list[Path]:
    """Return the paths of a list, relative ones from its folder; # starts a comment line.

    A path that is no file is listed all the same: it is refused as a scan.
    """
    try:
        content = text_file.read_bytes()
        text = decoded(content, text_file.name)
    except CohortError:
        raise UsageError(f"{text_file} is not a list: it is not text") from None
    except OSError as error:
        raise UsageError(f"{text_file} cannot be read: {error.strerror}") from None
    # without its encoding, as the disk may have it; but for UTF-16, which is full of zeros
    is_utf16 = b"\0" in content.split(b"\n", 1)[0]
    raw = text if is_utf16 else os.fsdecode(content.removeprefix(codecs.BOM_UTF8))
    paths = []
    for lines in zip(text.split("\n"), raw.split("\n"), strict=True):
        read, as_is = (text_file.parent / line.strip() for line in lines)
        if lines[0].strip() and not lines[0].strip().startswith("#"):
            paths.append(read if os.path.lexists(read) else as_is)
    return paths


def named_jobs(paths: list[Path], base: Path) -> list[ScanJob]:
    """Return a job per path; equal scan_ids become a, a-2, a-3."""
    jobs, taken = [], {}
    for path in paths:
        scan_id = name = scan_id_of(path, base)
        while scan_id.lower() in taken:  # some file systems do not tell a from A
            taken[name.lower()] += 1
            scan_id = f"{name}-{taken[name.lower()]}"
        taken[scan_id.lower()] = 1
        jobs.append(ScanJob(path, scan_id=scan_id))
    return jobs


def scan_id_of(path: Path, base: Path) -> str:
    """Return a name for a scan: its path from `base` without the ending, safe as a file name.

    What is not a letter, a digit, '.', '_' or '-' becomes '_', slashes, too. A scan that does not
    lie below `base` goes by its own name alone, so that nothing is said of other folders.
    """
    below = path.is_relative_to(base) and ".." not in path.relative_to(base).parts
    name = str(path.relative_to(base)) if below and path != base else path.absolute().name
    ending = max((s for s in SCAN_SUFFIXES if name.lower().endswith(s)), key=len, default="")
    name = re.sub(r"[^A-Za-z0-9._-]", "_", name[: len(name) - len(ending)])
    return name.lstrip("._-")[-ID_LENGTH:].lstrip("._-") or "scan"


def shard_of(jobs: list[ScanJob], text: str) -> list[ScanJob]:
    """Return the part `i/n` of the jobs: every n-th beginning with the i-th; UsageError."""
    first, count = shard_numbers(text)
    return jobs[first - 1 :: count]


def shard_numbers(text: str) -> tuple[int, int]:
    """Return i and n of a part `i/n`; UsageError."""
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text, re.ASCII)
    first, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= first <= count:
        raise UsageError(f"--shard {text!r} is not i/n with i from 1 to n, such as 2/8")
    return first, count

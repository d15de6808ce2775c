"""Second scans of phantoms on disk: their files beside the first scan's, and what is made again."""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from data.phantom.cohort_folder import (
    VERSION,
    facts_path,
    scan_id_of,
    write_facts,
    write_image,
)
from data.phantom.stored_scan import is_current, store_rendered
from data.phantom.twins import COLUMNS, TWINS_VERSION, simulate_second
from pylayers.cohort.cohort import store_path
from pylayers.cohort.second_scan import second_id
from pylayers.cohort.store import HASH, read_facts
from pylayers.files.whole_file import whole_file

VERSION_OF = "twins_version"


def second_scan_path(out: Path, index: int, kind: str) -> Path:
    """Return the .mhd of a second scan of phantom `index`."""
    return out / "scans" / f"{scan_id_of(index)}_{kind}.mhd"


def second_facts_path(out: Path, index: int, kind: str) -> Path:
    """Return where the columns of a second scan are."""
    return facts_path(out, index).with_name(f"{scan_id_of(index)}_{kind}.json")


def second_columns(out: Path, index: int, kinds: Iterable[str]) -> dict:
    """Return what the table says of the second scans of phantom `index`, but for their paths."""
    columns = {}
    for kind in kinds:
        facts = json.loads(second_facts_path(out, index, kind).read_text())
        columns |= {name: facts[name] for name in COLUMNS[kind]}
    return columns


def make_second(index: int, kind: str, out: Path, seed: int, thin_share: float) -> None:
    """Write a second scan of phantom `index` unless it is there.

    The columns come last: an older generator's scan never stands beside this one's.
    """
    scan, facts = second_scan_path(out, index, kind), second_facts_path(out, index, kind)
    if scan.exists() and scan.with_suffix(".raw").exists() and _is_current(facts):
        return
    subject, phantom, columns = simulate_second(seed, index, kind, thin_share)
    part = out / ".partial" / f"{index}_{kind}"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    write_image(phantom.hu, subject, part / scan.name)
    for name in (scan.with_suffix(".raw"), scan):
        os.replace(part / name.name, name)
    part.rmdir()
    _write_facts(facts, columns)


def store_second(
    index: int, kind: str, out: Path, cohort: Path, seed: int, thin_share: float
) -> str:
    """Store a second scan of phantom `index` in a cohort; return why it is refused, or ""."""
    store = store_path(cohort, second_id(scan_id_of(index), kind))
    key = f"phantom version {VERSION}.{TWINS_VERSION} {seed} {thin_share} {index} {kind}"
    facts = second_facts_path(out, index, kind)
    if _is_current(facts) and is_current(store, key):
        return ""
    subject, phantom, columns = simulate_second(seed, index, kind, thin_share)
    _write_facts(facts, columns)
    refusal = store_rendered(store, key, subject, phantom.hu)
    return f"{kind}: {refusal}" if refusal else ""


def stored_hashes(cohort: Path, index: int, kinds: Iterable[str]) -> dict[str, str]:
    """Return the hashes of the stored second crops of phantom `index`, by kind."""
    stores = {kind: store_path(cohort, second_id(scan_id_of(index), kind)) for kind in kinds}
    return {kind: read_facts(store)[HASH] for kind, store in stores.items()}


def _write_facts(path: Path, columns: dict) -> None:
    with whole_file(path) as partial:
        write_facts(partial, columns | {VERSION_OF: TWINS_VERSION})


def _is_current(facts: Path) -> bool:
    try:
        return json.loads(facts.read_text())[VERSION_OF] == TWINS_VERSION
    except (OSError, ValueError, KeyError, TypeError):
        return False

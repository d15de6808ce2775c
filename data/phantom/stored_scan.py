"""A rendered scan straight into a cohort's store: no file of it is written."""

from pathlib import Path

import numpy as np

from data.phantom.subject import Subject
from pylayers.cohort.store import read_facts, write_crop
from pylayers.errors import ScanRefused
from pylayers.lungs.crop_lungs import crop_of_scan
from pylayers.lungs.scan_request import ScanRequest
from pylayers.reading.scan_array import scan_of_array


def is_current(store: Path, key: str) -> bool:
    """Return whether a store holds what `key` names, whole and of this preprocessing."""
    facts = read_facts(store)
    return facts is not None and facts["source_key"] == key


def store_rendered(store: Path, key: str, subject: Subject, hu: np.ndarray) -> str:
    """Find the lungs in HU (z, y, x) and store them; return why the scan is refused, or "".

    key: of what the scan is made. MachineError when the store cannot be written.
    """
    spacing_mm = (subject.slice_mm, subject.spacing_mm, subject.spacing_mm)
    try:
        crop = crop_of_scan(scan_of_array(hu, spacing_mm), ScanRequest(store.stem))
    except ScanRefused as error:
        return str(error)
    write_crop(store, crop, key)
    return ""

"""A rendered scan straight into a cohort's store: no file of it is written."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.phantom.subject import Subject
from pylayers.cohort.store import read_facts, write_crop
from pylayers.cohort.stored_views import complete_views
from pylayers.errors import ScanRefused
from pylayers.lungs.crop_lungs import crop_of_scan
from pylayers.lungs.scan_request import ScanRequest
from pylayers.lungs.views import View, check_slices
from pylayers.reading.scan_array import scan_of_array


def slices_text(thin_share: float, thickest_mm: float | None) -> str:
    """Return what a store's key says of how thin the slices of its cohort are."""
    return str(thin_share) if thickest_mm is None else f"{thin_share} to {thickest_mm} mm"


def is_current(store: Path, key: str, views: Sequence[View] = ()) -> bool:
    """Return whether a store holds what `key` names, whole and of this preprocessing.

    Views that it lacks are added. Raises ScanRefused where its slices are too thick for them.
    """
    facts = read_facts(store)
    if facts is None or facts["source_key"] != key:
        return False
    return complete_views(store, views)


def store_rendered(
    store: Path, key: str, subject: Subject, hu: np.ndarray, views: Sequence[View] = ()
) -> str:
    """Find the lungs in HU (z, y, x) and store them; return why the scan is refused, or "".

    key: of what the scan is made. views: whose planes are stored, too. MachineError when the store
    cannot be written.
    """
    spacing_mm = (subject.slice_mm, subject.spacing_mm, subject.spacing_mm)
    try:
        if views:
            check_slices(spacing_mm)
        crop = crop_of_scan(scan_of_array(hu, spacing_mm), ScanRequest(store.stem))
    except ScanRefused as error:
        return str(error)
    write_crop(store, crop, key, views)
    return ""

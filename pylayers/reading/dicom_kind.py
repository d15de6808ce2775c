"""DICOM kind: what shows that a DICOM file is not a CT slice."""

import re

import pydicom
from pydicom.uid import UID

from pylayers.reading.dicom_tags import value_of, words_of

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = ("1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2")  # and legacy converted
# Image Type is free after its second value (PS3.3 C.7.6.1.1.2); scouts go by these names.
SCOUT = re.compile(r"(?<![A-Z])(LOCALI[SZ]ER|SCOUT|TOPOGRAM|SURVIEW|SCANOGRAM)(?![A-Z])")


def no_ct(ds: pydicom.Dataset) -> str | None:
    """Return what shows that a file is not a CT slice; None when it may be one.

    Modality decides: workstations store PET, dose and screenshots in CT's SOP class, too. ds: the
    beginning of a data set, with its file_meta.
    """
    modality = words_of(ds, "Modality").strip()
    if modality and modality != "CT":
        return f"Modality {modality if re.fullmatch('[A-Z]{2,16}', modality) else 'unknown'}"
    sop_class = sop_class_of(ds)
    if sop_class and sop_class not in (CT_IMAGE, *ENHANCED_CT):
        uid = UID(sop_class)
        return uid.name if uid.name != uid else "another SOP class"
    if SCOUT.search(words_of(ds, "ImageType")) or SCOUT.search(words_of(ds, "ScanOptions")):
        return "localizer"
    return None


def sop_class_of(ds: pydicom.Dataset) -> str:
    """Return the SOP class of the data set or, where that lacks it, of the meta header."""
    meta = getattr(ds, "file_meta", None) or {}
    return str(value_of(ds, "SOPClassUID") or meta.get("MediaStorageSOPClassUID") or "").strip()

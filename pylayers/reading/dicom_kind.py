"""DICOM kind: what is a DICOM file, and what shows that it is not a CT slice.

Both tools ask here: score_scan for the files of a folder, score_cohort for the folders to score.
"""

import re
import struct
from pathlib import Path

import pydicom
from pydicom.uid import UID
from pydicom.valuerep import VR

from pylayers.reading.dicom_tags import value_of, words_of

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = ("1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2")  # and legacy converted
MAGIC, MAGIC_AT = b"DICM", 128
START_BYTES = MAGIC_AT + len(MAGIC)
FIRST_GROUPS = (0x0002, 0x0008)  # of files without preamble: the meta header, or the data set
LAST_FIRST_ELEMENT = 0x0070  # data sets begin with their kind or character set
VALUE_REPRESENTATIONS = {vr.value.encode() for vr in VR if len(vr.value) == 2}
# Image Type is free after its second value (PS3.3 C.7.6.1.1.2); scouts go by these names.
SCOUT = re.compile(r"(?<![A-Z])(LOCALI[SZ]ER|SCOUT|TOPOGRAM|SURVIEW|SCANOGRAM)(?![A-Z])")


def is_dicom_file(path: Path) -> bool:
    """Return whether a file begins as DICOM does, with the preamble or, as old ones, without."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return is_dicom_start(file.read(START_BYTES))


def has_magic(start: bytes) -> bool:
    """Return whether a file has DICOM's preamble: then it is DICOM, damaged or not."""
    return start[MAGIC_AT:START_BYTES] == MAGIC


def is_dicom_start(start: bytes) -> bool:
    """Return whether a file's first 132 bytes are DICOM's preamble or one of its first elements."""
    if has_magic(start):
        return True
    if len(start) < 8:
        return False
    group, element = struct.unpack_from("<HH", start)
    if group not in FIRST_GROUPS or element > LAST_FIRST_ELEMENT:
        return False
    length = struct.unpack_from("<I", start, 4)[0]
    return start[4:6] in VALUE_REPRESENTATIONS or (length % 2 == 0 and length < 1 << 16)


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

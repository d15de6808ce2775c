"""Copied identity: the tags of a series by which an archive files new documents with it.

Values that their type does not permit, such as a text of megabytes or a date of the 32nd, are left
out and named: half a patient's ID would be another patient's.
"""

import unicodedata
from typing import NamedTuple

import pydicom
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.valuerep import DA, TM, validate_value

from pylayers.reading.dicom_tags import value_of

# PS3.3 C.7.1.1 Patient and C.7.2.1 General Study: what they require, and what tells namesakes or
# archives apart. Age, weight, history and the like are not needed to file a document.
REQUIRED = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName"),
    "StudyID",
)
OPTIONAL = ("IssuerOfPatientID", "StudyDescription")
REMOVED, METHOD = "PatientIdentityRemoved", "DeidentificationMethod"  # of each other's company
COPIED = (*REQUIRED, *OPTIONAL, REMOVED, METHOD)
TAGS = frozenset(map(tag_for_keyword, COPIED))
SEXES, MOMENTS = ("M", "F", "O"), {"DA": DA, "TM": TM}
UTF_8 = "ISO_IR 192"  # holds any text, whatever the source's character set


class Identity(NamedTuple):
    """tags: the Patient and Study modules, in UTF-8. left_out: keywords of impossible values."""

    tags: pydicom.Dataset
    left_out: tuple[str, ...]


def identity_of(header: pydicom.Dataset) -> Identity:
    """Return what is copied of a slice's header."""
    tags, left_out = pydicom.Dataset(), []
    tags.SpecificCharacterSet = UTF_8
    for keyword in COPIED:
        text = text_of(header, keyword)
        if text is None:
            left_out.append(keyword)
        if text or keyword in REQUIRED:
            setattr(tags, keyword, text or "")
    if tags.get(REMOVED) != "YES" or METHOD not in tags:
        for keyword in (REMOVED, METHOD):
            tags.pop(keyword, None)
    return Identity(tags, tuple(left_out))


def text_of(header: pydicom.Dataset, keyword: str) -> str | None:
    """Return a tag's text, blank when it is missing; None when its type does not permit it."""
    if keyword not in header:
        return ""
    value = value_of(header, keyword)
    if isinstance(value, str | pydicom.valuerep.PersonName):
        text, vr = str(value).strip(" \0"), dictionary_VR(keyword)
        if keyword == "PatientSex" and text not in ("", *SEXES):
            return None
        try:
            validate_value(vr, text, pydicom.config.RAISE)
            MOMENTS.get(vr, str)(text)  # a range matches, too, and so does a date of the 32nd
        except ValueError:
            return None
        # a backslash parts values, and these have one; Cc: controls, Cs: halves of characters
        odd = any(unicodedata.category(one) in ("Cc", "Cs") or one == "\\" for one in text)
        return None if odd else text
    return None if header.get_item(keyword).value else ""

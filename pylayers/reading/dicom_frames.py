"""DICOM frames: the header of each frame of a multi-frame CT, as a single slice would have it.

Enhanced and legacy converted enhanced CT (PS3.3 A.38, A.70) keep what all frames share and what
each has of its own in groups of sequences (C.7.6.16); a slice has the same tags beside each other.
"""

from collections.abc import Iterator

import pydicom

from pylayers.reading.dicom_header import GROUPS, KEYWORDS, Head
from pylayers.reading.dicom_kind import ENHANCED_CT, sop_class_of
from pylayers.reading.dicom_tags import UnusableHeader, value_of

MOST_FRAMES = 20_000
GROUP_TAGS = tuple(pydicom.datadict.tag_for_keyword(keyword) for keyword in GROUPS)
# Frames name these in their own way, PS3.3 C.8.15.3.1 and C.7.6.16.2.2.
FRAMES_NAMES = {
    "FrameType": "ImageType",
    "FrameAcquisitionNumber": "AcquisitionNumber",
    "FrameAcquisitionDateTime": "AcquisitionDateTime",
}


def frames_of(head: Head) -> Iterator[Head]:
    """Yield the header of each frame of a file, of a single slice its own.

    Raises UnusableHeader for a file whose frames are not told apart.
    """
    ds = head.ds
    count = frame_count(ds)
    if sop_class_of(ds) not in ENHANCED_CT:
        if count != 1:
            raise UnusableHeader(
                f"NumberOfFrames is {count}, but it is not enhanced CT and does not say where they "
                "lie; export it as single slices"
            )
        yield head
        return
    shared, own = (value_of(ds, keyword) for keyword in GROUPS)
    if not own:
        raise UnusableHeader(
            f"it is enhanced CT of {count} frames, but {GROUPS[1]} is missing, which says where "
            "they lie; export it as single slices"
        )
    if len(own) != count:
        raise UnusableHeader(f"NumberOfFrames is {count}, but {GROUPS[1]} describes {len(own)}")
    common = pydicom.Dataset()
    common.update({tag: element for tag, element in ds.items() if tag not in GROUP_TAGS})
    for group in shared or ():
        common.update(flat(group))
    for group in own:
        one = pydicom.Dataset()
        one.update(common)  # Dataset(common) would share its tags
        one.update(flat(group))
        one.file_meta = ds.file_meta
        one.set_original_encoding(*ds.original_encoding)
        yield head._replace(ds=one)


def frame_count(ds: pydicom.Dataset) -> int:
    """Return the number of frames, at least 1; UnusableHeader when it is none or too large."""
    try:
        value = ds.get("NumberOfFrames")
        count = 1 if value in (None, "") else int(value)
    except (TypeError, ValueError):
        count = 0
    if not 1 <= count <= MOST_FRAMES:
        raise UnusableHeader(f"NumberOfFrames is not 1 to {MOST_FRAMES:,}")
    return count


def flat(group: pydicom.Dataset) -> pydicom.Dataset:
    """Return the wanted tags of a functional group, beside each other."""
    tags = pydicom.Dataset()
    for macro in group:
        for item in macro.value if macro.VR == "SQ" else ():
            for tag, _ in item.items():
                name = pydicom.datadict.keyword_for_tag(tag)
                keyword = FRAMES_NAMES.get(name, name)
                value = value_of(item, name) if keyword in KEYWORDS else None
                if value is not None:
                    setattr(tags, keyword, value)
    return tags

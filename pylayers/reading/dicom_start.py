"""DICOM start: whether a file begins as DICOM does, told without pydicom, which is slow to import.

Both tools ask here: score_scan for the files of a folder, score_cohort for the folders to score.
"""

import struct
from pathlib import Path

MAGIC, MAGIC_AT = b"DICM", 128
START_BYTES = MAGIC_AT + len(MAGIC)
FIRST_GROUPS = (0x0002, 0x0008)  # of files without preamble: the meta header, or the data set
LAST_FIRST_ELEMENT = 0x0070  # data sets begin with their kind or character set
VALUE_REPRESENTATIONS = frozenset(  # PS3.5, section 6.2
    b"AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR "
    b"US UT UV".split()
)


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


def start_of(path: Path) -> bytes:
    """Return the bytes that tell DICOM from other files; none of a pipe or a broken link."""
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(START_BYTES)

"""A chest as a DICOM series of a patient's study, and what a validator says of DICOM files."""

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from enhanced_writer import enhanced, save
from formats import image_of, write_dicom

BOTTOM_MM = -310.5
SERIES = "1.2.826.0.7"
STUDY = {
    "SpecificCharacterSet": "ISO_IR 100",
    "PatientName": "Müller^Jürgen",
    "PatientID": "MRN-4711",
    "IssuerOfPatientID": "Hospital",
    "PatientBirthDate": "19530412",
    "PatientSex": "M",
    "StudyInstanceUID": "1.2.826.0.5",
    "StudyID": "77",
    "StudyDate": "20240131",
    "StudyTime": "101112",
    "StudyDescription": "Thorax",
    "AccessionNumber": "ACC-9",
    "ReferringPhysicianName": "Roe^Ann",
}
# Tags of the same header that no output may hold.
SECRETS = {
    "PatientComments": "SECRET comment",
    "InstitutionName": "SECRET hospital",
    "OperatorsName": "SECRET^operator",
    "StationName": "SECRET station",
    "PatientAddress": "SECRET street",
    "SeriesDescription": "SECRET series",
}
KINDS = ("series", "right to left", "zip", "enhanced")

DCIODVFY = shutil.which("dciodvfy")
needs_dciodvfy = pytest.mark.skipif(
    DCIODVFY is None, reason="needs a validator of DICOM files: apt-get install dicom3tools"
)


def write_study(folder: Path, chest, kind="series") -> Path:
    """Write a chest (hu, spacing_mm) as one of KINDS; return what is to be scored."""
    signs = (-1, 1, 1) if kind == "right to left" else (1, 1, 1)
    image = image_of(chest.hu, chest.spacing_mm, (BOTTOM_MM, 12.0, -30.0), signs=signs)
    tags = {**STUDY, **SECRETS, "SeriesInstanceUID": SERIES}
    if kind == "enhanced":
        order = list(reversed(range(len(chest.hu))))
        ds = enhanced(image, order, series=SERIES)
        for keyword, value in tags.items():
            setattr(ds, keyword, value)
        return save(ds, folder / "scan.dcm")
    files = write_dicom(folder / "scan", image, **tags)
    if kind != "zip":
        return folder / "scan"
    with zipfile.ZipFile(folder / "scan.zip", "w") as archive:
        for file in files:
            archive.write(file, f"study/{file.name}")
    return folder / "scan.zip"


def errors_of(path: Path) -> list[str]:
    """Return the errors that dciodvfy finds in a file; that it read the file is asserted."""
    done = subprocess.run([DCIODVFY, "-new", path], capture_output=True, text=True, check=False)
    lines = done.stderr.splitlines()
    assert {"EnhancedSR", "EncapsulatedPDF"} & set(lines), done.stderr
    return [line for line in lines if not line.startswith("Warning") and " - " in line]

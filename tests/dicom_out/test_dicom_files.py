"""--dicom-sr and --dicom-pdf, read back: what the JSON says, of the series that was scored.

Whether slices are the right ones is checked by where they lie: the JSON names z in mm.
"""

import json

import highdicom.sr as sr
import pydicom
import pytest
from dicom_study import (
    BOTTOM_MM,
    KINDS,
    SECRETS,
    SERIES,
    STUDY,
    errors_of,
    needs_dciodvfy,
    write_study,
)

from tools import score_scan
from tools.figures.style import NOT_A_DEVICE
from tools.scoring.scored_crop import PHANTOM_WARNING

pytestmark = pytest.mark.caffe

ALLOWED = {*STUDY, "SpecificCharacterSet"}


def score(scan, run, folder, *more):
    """Score a scan with both options; return the JSON and the files as pydicom reads them."""
    paths = [folder / name for name in ("score.json", "report.dcm", "page.dcm")]
    options = zip(("--json", "--dicom-sr", "--dicom-pdf"), map(str, paths), strict=True)
    arguments = [str(scan), "--weights", str(run.path), "--quiet", *more]
    assert score_scan.main([*arguments, *(word for pair in options for word in pair)]) == 0
    return json.loads(paths[0].read_text()), *map(pydicom.dcmread, paths[1:])


@pytest.fixture(scope="module", params=KINDS)
def study(request, chest, random_run, tmp_path_factory):
    """(kind, folder, scan, JSON, Structured Report, Encapsulated PDF) of a scored chest."""
    folder = tmp_path_factory.mktemp("study")
    scan = write_study(folder, chest, request.param)
    return request.param, folder, scan, *score(scan, random_run, folder)


def group_of(report):
    """The one measurement group of a report, as highdicom reads it."""
    (group,) = sr.EnhancedSR.from_dataset(report).content.get_image_measurement_groups()
    return group


def texts(group, name):
    """The texts of a group's content items of that meaning."""
    return [
        item.TextValue
        for item in [*group[0].ContentSequence, *group.get_measurements()[0][0].ContentSequence]
        if item.name.meaning == name and "TextValue" in item
    ]


def test_the_report_holds_the_score_with_unit_and_name(study):
    _, _, _, result, report, _ = study
    (number,) = group_of(report).get_measurements()
    assert number.value == result["targets"]["fev1pp"]["score"]
    assert (number.unit.value, number.unit.scheme_designator) == ("%", "UCUM")
    assert number.name.scheme_designator == "99SCAN2NUM"
    assert number.name.meaning == "FEV1 % predicted, estimated from CT (research use)"


def test_the_report_names_model_weights_and_what_to_beware_of(study):
    _, _, _, result, report, _ = study
    group = group_of(report)
    weights = result["targets"]["fev1pp"]["weights_sha256"]
    assert texts(group, "Algorithm Name") == ["scan2num fev1pp"]
    assert texts(group, "Algorithm Version") == [f"weights {weights}"]
    assert "trained on phantoms" in texts(group, "Algorithm Parameters")
    comments = texts(group, "Comment")
    assert NOT_A_DEVICE in comments and PHANTOM_WARNING in comments
    assert NOT_A_DEVICE in report.SeriesDescription
    assert (report.VerificationFlag, report.PreliminaryFlag) == ("UNVERIFIED", "PRELIMINARY")


def test_the_number_refers_to_the_slices_that_were_scored(study):
    kind, _, scan, result, report, _ = study
    places = places_of(kind, scan)
    referred = []
    for image in group_of(report).source_images:
        item = image.ReferencedSOPSequence[0]
        frames = item.get("ReferencedFrameNumber", 0)
        for frame in [frames] if isinstance(frames, int) else frames:
            referred.append(places[item.ReferencedSOPInstanceUID, int(frame)])
    slices = result["targets"]["fev1pp"]["slices"]
    assert len(slices) == 16
    assert referred == pytest.approx([part["z_mm"] for part in slices], abs=0.01)


def places_of(kind, scan):
    """(SOP instance, frame from 1 or 0) -> z in mm, by the files themselves."""
    if kind == "enhanced":
        ds = pydicom.dcmread(scan)
        return {
            (ds.SOPInstanceUID, number): float(
                frame.PlanePositionSequence[0].ImagePositionPatient[2]
            )
            for number, frame in enumerate(ds.PerFrameFunctionalGroupsSequence, 1)
        }
    headers = map(pydicom.dcmread, (scan.parent / "scan").iterdir())
    return {(ds.SOPInstanceUID, 0): float(ds.ImagePositionPatient[2]) for ds in headers}


def test_both_files_refer_to_the_whole_series(study, chest):
    kind, _, scan, _, report, page = study
    uids = {uid for uid, _ in places_of(kind, scan)}
    assert len(uids) == (1 if kind == "enhanced" else len(chest.hu))
    evidence = sr.EnhancedSR.from_dataset(report).get_evidence()
    assert {uid for _, _, uid, _ in evidence} == uids
    assert {(study, series) for study, series, _, _ in evidence} == {
        (STUDY["StudyInstanceUID"], SERIES)
    }
    assert {item.ReferencedSOPInstanceUID for item in page.SourceInstanceSequence} == uids


def test_patient_and_study_are_the_scans_and_the_series_is_new(study):
    _, _, _, _, report, page = study
    for ds in (report, page):
        copied = {keyword: str(ds[keyword].value) for keyword in STUDY}
        assert copied == {**STUDY, "SpecificCharacterSet": "ISO_IR 192"}
        new = (ds.SeriesInstanceUID, ds.SOPInstanceUID)
        assert all(uid.startswith("2.25.") for uid in new)
    assert report.SeriesInstanceUID != page.SeriesInstanceUID


def test_nothing_else_of_the_header_or_path_is_in_the_files(study):
    _, folder, _, _, report, page = study
    for ds in (report, page):
        assert not {*SECRETS} - {"SeriesDescription"} & {element.keyword for element in ds}
    for name in ("report.dcm", "page.dcm"):
        content = (folder / name).read_bytes()
        assert b"SECRET" not in content and str(folder).encode() not in content
    pdf = page.EncapsulatedDocument
    assert b"ller" not in pdf and b"4711" not in pdf


def test_the_pdf_is_one_whole_page(study):
    *_, page = study
    pdf = page.EncapsulatedDocument[: page.EncapsulatedDocumentLength]
    assert pdf.startswith(b"%PDF-") and pdf.endswith(b"%%EOF\n")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") == 1
    assert page.MIMETypeOfEncapsulatedDocument == "application/pdf"
    assert NOT_A_DEVICE in page.DocumentTitle


@needs_dciodvfy
def test_a_validator_finds_no_errors(study):
    _, folder, *_ = study
    assert errors_of(folder / "report.dcm") == []
    assert errors_of(folder / "page.dcm") == []


def test_files_in_the_scans_own_folder_are_not_read_as_slices(chest, random_run, tmp_path):
    scan = write_study(tmp_path, chest)
    first, *_ = score(scan, random_run, scan)
    for name in ("score.json", "report.dcm", "page.dcm"):
        (scan / name).rename(scan / f"old_{name}")
    second, *_ = score(scan, random_run, scan)
    assert second["targets"] == first["targets"]
    assert second["targets"]["fev1pp"]["slices"][0]["z_mm"] > BOTTOM_MM

"""Patients' names of all kinds reach the files whole, or not at all and with a word about it."""

import dicom_writer
import pydicom
import pytest
from dicom_study import errors_of, needs_dciodvfy
from formats import ORIGIN_MM, SPACING_MM
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from pylayers.errors import MachineError, UsageError
from pylayers.lungs.scan_request import ScanRequest
from tools.dicom_out.encapsulated_pdf import document_of
from tools.dicom_out.source_series import source_series

UID = "1.2.3"
PLACES = {0: ORIGIN_MM[0], 23: ORIGIN_MM[0] + 23 * SPACING_MM[0]}
STUDY = {
    "SOPInstanceUID": None,  # of each slice its own
    "StudyInstanceUID": "1.2.4",
    "PatientName": "Doe^Jane",
    "PatientID": "7",
}


def source_of(folder, change=None, **tags):
    """The series that is read from a folder that is written with these tags."""
    given = {name: value for name, value in {**STUDY, **tags}.items() if value is not None}
    paths = dicom_writer.write(folder, uid=UID, **given)
    if change:
        dicom_writer.rewrite(paths, change)
    return source_series(ScanRequest(folder), UID, PLACES)


def written(source, folder):
    """A document of a series, written and read back."""
    path = folder / "page.dcm"
    document_of(b"%PDF-1.4 %%EOF", ["caffe 1.0.0"], source).save_as(path, enforce_file_format=True)
    return path, pydicom.dcmread(path)


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("", "Doe^Jane"),
        ("ISO_IR 100", "Müller^Jürgen"),
        ("ISO_IR 144", "Люкceмбypг"),
        ("ISO_IR 192", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
        ("GB18030", "Wang^XiaoDong=王^小东"),
        ("ISO_IR 192", "$x^2$\u202e<script>"),
    ],
)
@needs_dciodvfy
def test_a_name_of_any_character_set_is_copied_whole(charset, name, tmp_path):
    source = source_of(tmp_path / "scan", SpecificCharacterSet=charset, PatientName=name)
    assert source.identity.left_out == ()
    path, ds = written(source, tmp_path)
    assert str(ds.PatientName) == name and ds.SpecificCharacterSet == "ISO_IR 192"
    assert errors_of(path) == []


def test_the_longest_name_is_copied_whole(tmp_path):
    """dciodvfy counts a name's bytes, PS3.5 6.2 the characters of each of its writings."""
    name = "=".join(letter * 64 for letter in "a字か")
    source = source_of(tmp_path / "scan", SpecificCharacterSet="ISO_IR 192", PatientName=name)
    assert str(written(source, tmp_path)[1].PatientName) == name


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("PatientName", "x" * 65),
        ("PatientName", "a=b=c=d"),
        ("PatientName", "Doe\r\nJane"),
        ("PatientID", "7" * 65),
        ("PatientID", "7\\8"),
        ("PatientID", "7\x00\x1b8"),
        ("PatientBirthDate", "20240231"),
        ("PatientBirthDate", "soon"),
        ("StudyDate", "20240101-20240102"),
        ("PatientSex", "X"),
        ("StudyTime", "99:99"),
        ("AccessionNumber", "12345678901234567"),
        ("StudyDescription", "z" * 5000),
    ],
)
@needs_dciodvfy
def test_what_its_type_does_not_permit_is_left_out_and_named(tag, value, tmp_path):
    def change(_, ds):
        number, vr = tag_for_keyword(tag), dictionary_VR(tag)
        bytes_ = value.encode() + b" " * (len(value) % 2)
        ds[tag] = RawDataElement(Tag(number), vr, len(bytes_), bytes_, 0, False, True, True)

    source = source_of(tmp_path / "scan", change)
    assert source.identity.left_out == (tag,)
    path, ds = written(source, tmp_path)
    assert ds.get(tag, "") in ("", None)
    assert errors_of(path) == []
    assert ds.StudyInstanceUID == "1.2.4"


def test_that_a_scan_is_of_no_known_person_is_copied(tmp_path):
    tags = {"PatientIdentityRemoved": "YES", "DeidentificationMethod": "by hand"}
    identity = source_of(tmp_path / "a", **tags).identity
    assert {name: identity.tags.get(name) for name in tags} == tags
    half = source_of(tmp_path / "b", PatientIdentityRemoved="YES").identity
    assert "PatientIdentityRemoved" not in half.tags


@pytest.mark.filterwarnings("ignore:The value for the data element")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (dicom_writer.setting(StudyInstanceUID=None), "its StudyInstanceUID is missing"),
        (dicom_writer.setting(StudyInstanceUID="no uid"), "its StudyInstanceUID is not a UID"),
        (dicom_writer.setting(SOPInstanceUID="1.2.9"), "several of its slices have one SOPInst"),
        (
            dicom_writer.setting(lambda index: index > 11, PatientID="8"),
            "its slices are of several patients or studies",
        ),
        (
            dicom_writer.setting(lambda index: index > 11, StudyInstanceUID="1.2.5"),
            "its slices are of several patients or studies",
        ),
        (dicom_writer.setting(PatientName="x" * 70_000), "PatientName has 70,000 bytes"),
    ],
)
def test_a_series_that_no_document_belongs_to_is_refused_in_one_line(change, says, tmp_path):
    with pydicom.config.disable_value_validation(), pytest.raises(UsageError) as error:
        source_of(tmp_path / "scan", change)
    assert says in str(error.value)
    assert str(error.value).startswith("no DICOM file can be written for this series: ")


def test_slices_without_a_sop_class_are_referred_to_as_ct(tmp_path):
    source = source_of(tmp_path / "scan", dicom_writer.setting(SOPClassUID=None))
    assert set(source.files.values()) == {"1.2.840.10008.5.1.4.1.1.2"}


@pytest.mark.parametrize("gone", [0, -1, None], ids=["lowest", "highest", "another series"])
def test_a_folder_that_changed_while_it_was_scored_is_said(gone, tmp_path):
    paths = dicom_writer.write(tmp_path / "scan", uid=UID, StudyInstanceUID="1.2.4")
    series = UID if gone is not None else "1.2.99"
    if gone is not None:
        paths[gone].unlink()
    with pytest.raises(MachineError, match="scan was changed while it was scored; score it again"):
        source_series(ScanRequest(tmp_path / "scan"), series, PLACES)

"""When --dicom-sr and --dicom-pdf are refused, what they leave alone, the page of many notes."""

import json
from types import SimpleNamespace

import dicom_writer
import numpy as np
import pydicom
import pytest
from chest import write_scan
from dicom_study import STUDY, write_study
from formats import image_of, write_dicom

from pylayers.errors import UsageError
from pylayers.lungs.scan_request import ScanRequest
from tools import score_scan
from tools.dicom_out import dicom_options
from tools.dicom_out.pdf_page import pdf_of
from tools.dicom_out.reported_target import notes_of, reported_targets
from tools.scoring.scan_result import score
from tools.scoring.scorer import Scorer
from tools.training.trained_run import load_trained

pytestmark = pytest.mark.caffe


@pytest.fixture(scope="module")
def scan(chest, tmp_path_factory):
    """A chest's series."""
    return write_study(tmp_path_factory.mktemp("options"), chest)


@pytest.mark.parametrize("option", ["--dicom-sr", "--dicom-pdf"])
@pytest.mark.parametrize("name", ["chest.nrrd", "chest.mhd", "chest.nii.gz"])
def test_another_format_is_wrong_usage_before_any_work(option, name, run_tool, tmp_path):
    write_scan(tmp_path / name, np.zeros((8, 40, 40), np.int16))
    before = sorted(tmp_path.iterdir())
    done = run_tool("score_scan", name, "--weights", "no-such-run", option, "out.dcm")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == f"error: {option} adds a file to a DICOM study, and {name} is not DICOM\n"
    assert sorted(tmp_path.iterdir()) == before


def test_an_output_that_is_a_slice_or_another_output_is_wrong_usage(scan, tmp_path):
    slice_path = str(next(scan.iterdir()))
    with pytest.raises(UsageError, match=r"--dicom-sr .* is an input"):
        score_scan.main([str(scan), "--dicom-sr", slice_path])
    out = str(tmp_path / "out.dcm")
    with pytest.raises(UsageError, match=r"--dicom-pdf .* is another output, too"):
        score_scan.main([str(scan), "--dicom-sr", out, "--dicom-pdf", out])


def test_without_highdicom_it_is_said_before_any_work(scan, monkeypatch):
    monkeypatch.setattr(dicom_options, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="--dicom-sr needs the package highdicom"):
        score_scan.main([str(scan), "--dicom-sr", "out.dcm"])


def test_a_scan_that_is_not_there_is_refused_as_ever(random_run, tmp_path, capsys):
    out = tmp_path / "out.dcm"
    arguments = ["--weights", str(random_run.path), "--dicom-sr", str(out)]
    assert score_scan.main([str(tmp_path / "none"), *arguments]) == 3
    assert capsys.readouterr().err.startswith("refused: not-found: ")
    assert not out.exists()


def test_a_refused_scan_writes_nothing_and_says_so(random_run, run_tool, tmp_path):
    water = np.random.default_rng(0).integers(-30, 30, (20, 40, 40), np.int16)
    write_dicom(tmp_path / "water", image_of(water, (5.0, 2.0, 2.0), (0, 0, 0)), **STUDY)
    done = run_tool(
        *("score_scan", "water", "--weights", random_run.path, "--quiet"),
        *("--dicom-sr", "report.dcm", "--dicom-pdf", "page.dcm"),
    )
    assert done.returncode == 3
    refused, said = done.stderr.splitlines()
    assert refused.startswith("refused: ") and said == "no DICOM file is written of a refused scan"
    assert [path.name for path in tmp_path.iterdir()] == ["water"]


def test_a_series_without_a_study_still_gets_its_number(chest, random_run, run_tool, tmp_path):
    scan = write_study(tmp_path, chest)
    change = dicom_writer.setting(StudyInstanceUID=None, PatientSex="X")
    dicom_writer.rewrite(sorted(scan.iterdir()), change)
    done = run_tool(
        *("score_scan", scan, "--weights", random_run.path, "--quiet", "--dicom-sr", "sr.dcm")
    )
    assert done.returncode == 2 and done.stdout.startswith("fev1pp\t")
    assert done.stderr == (
        "error: no DICOM file can be written for this series: its StudyInstanceUID is missing\n"
    )
    assert not (tmp_path / "sr.dcm").exists()


def test_without_the_options_no_file_and_no_name_appears(scan, random_run, run_tool, tmp_path):
    done = run_tool("score_scan", scan, "--weights", random_run.path, "--json", "score.json")
    assert done.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["score.json"]
    printed = done.stdout + done.stderr + (tmp_path / "score.json").read_text()
    for text in (STUDY["PatientID"], "rgen", STUDY["AccessionNumber"], STUDY["StudyInstanceUID"]):
        assert text not in printed


def test_an_odd_name_is_in_the_file_alone(chest, random_run, run_tool, tmp_path):
    scan = write_study(tmp_path, chest)
    change = dicom_writer.setting(PatientName="nobody", PatientSex="X")
    dicom_writer.rewrite(sorted(scan.iterdir()), change)
    done = run_tool("score_scan", scan, "--weights", random_run.path, "--dicom-sr", "sr.dcm")
    assert done.returncode == 0 and "nobody" not in done.stdout + done.stderr
    last = done.stderr.splitlines()[-1]
    assert last == "note: left blank, as the scan's are not valid in DICOM: PatientSex"
    report = pydicom.dcmread(tmp_path / "sr.dcm")
    assert (report.PatientName, report.PatientSex) == ("nobody", "")


def test_highdicom_is_loaded_only_for_it(scan, random_run, run_tool, tmp_path):
    """It costs a start .3 s."""
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, sys\n"
        "atexit.register(lambda: print('highdicom' in sys.modules, file=sys.stderr))\n"
    )
    environment = {"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"}
    arguments = ("score_scan", scan, "--weights", random_run.path, "--quiet")
    for options, loaded in (((), "False\n"), (("--dicom-sr", "sr.dcm"), "True\n")):
        assert run_tool(*arguments, *options, env=environment).stderr == loaded


@pytest.fixture(scope="module")
def scored(scan, random_run):
    """(JSON, numbers behind it) of the chest."""
    return score([Scorer(load_trained(random_run))], ScanRequest(scan))


def page_count(pdf: bytes) -> int:
    return pdf.count(b"/Type /Page ") + pdf.count(b"/Type /Page\n")


def test_the_same_result_gives_the_same_page(scored):
    result, numbers = scored
    targets = reported_targets(result, numbers)
    first = pdf_of(result, targets, numbers, "1.2.3")
    assert pdf_of(json.loads(json.dumps(result)), targets, numbers, "1.2.3") == first
    assert page_count(first) == 1
    assert pdf_of(result, targets, numbers, "1.2.4") != first


def test_notes_that_do_not_fit_go_on_to_the_next_page(scored):
    result, numbers = scored
    targets = reported_targets(result, numbers)
    many = {**result, "warnings": [f"odd in the way of number {n}" for n in range(150)]}
    assert page_count(pdf_of(many, targets, numbers, "1.2.3")) == 3


def test_notes_do_not_name_the_folder():
    warnings = ["12 % of the voxels of jane doe are above 3071 HU", "nothing in jane doe.zip"]
    result = SimpleNamespace(scan="jane doe", warnings=warnings)
    assert notes_of(vars(result))[0] == "12 % of the voxels of the scan are above 3071 HU"
    assert notes_of({"scan": "1", "warnings": ["1 of 12 slices"]}) == ["1 of 12 slices"]

"""A Grand Challenge job: one scan in, numbers out, the same as score_scan's."""

import json

import pytest
import SimpleITK as sitk

from tools import grand_challenge, score_scan

pytestmark = pytest.mark.caffe


@pytest.fixture
def job(tiny_cohort, tmp_path):
    """Folders of a job with one scan."""
    (tmp_path / "input/images/ct").mkdir(parents=True)
    (tmp_path / "output").mkdir()
    image = sitk.ReadImage(str(tiny_cohort.parent / "c03.mhd"))
    sitk.WriteImage(image, str(tmp_path / "input/images/ct/9f3a.mha"), useCompression=True)
    return tmp_path


def run(job, weights):
    options = ["--input", job / "input", "--output", job / "output", "--weights", weights]
    return grand_challenge.main([str(option) for option in options])


def written(job):
    return {path.name: json.loads(path.read_text()) for path in (job / "output").iterdir()}


def test_the_numbers_are_score_scans(job, random_run, tiny_cohort, tmp_path):
    assert run(job, random_run.path) == 0
    got = written(job)
    options = ["--weights", random_run.path, "--json", tmp_path / "s.json", "--quiet"]
    score_scan.main([str(o) for o in [tiny_cohort.parent / "c03.mhd", *options]])
    expected = json.loads((tmp_path / "s.json").read_text())["targets"]
    assert set(got) == {"fev1-percent-predicted.json", "scan2num.json"}
    assert got["fev1-percent-predicted.json"] == expected["fev1pp"]["score"]
    assert got["scan2num.json"]["targets"] == expected
    assert got["scan2num.json"]["refused"] is None


def test_a_refused_scan_has_no_number_but_a_reason(job, random_run, capsys):
    scan = job / "input/images/ct/9f3a.mha"
    assert run(job, random_run.path) == 0  # an earlier job, whose number must not stay
    capsys.readouterr()
    scan.write_bytes(scan.read_bytes()[:5000])
    assert run(job, random_run.path) == 3
    assert set(written(job)) == {"scan2num.json"}
    assert written(job)["scan2num.json"]["refused"]["slug"] == "truncated"
    assert capsys.readouterr().err.startswith("refused: truncated: ")


@pytest.mark.parametrize("scans", [0, 2])
def test_a_job_has_one_scan(scans, job, random_run, run_tool):
    folder = job / "input/images/ct"
    (folder / "9f3a.mha").unlink()
    for number in range(scans):
        (folder / f"{number}.mha").touch()
    done = run_tool("grand_challenge", "--input", job / "input", "--output", job / "output")
    assert done.returncode == 2
    assert done.stderr == f"error: {folder} holds {scans} files *.mha; a job has one\n"


def test_no_folder_to_write_to_is_said(job, random_run, run_tool):
    options = ["--input", job / "input", "--output", job / "none"]
    done = run_tool("grand_challenge", *options)
    assert done.returncode == 2 and "there is no such folder" in done.stderr

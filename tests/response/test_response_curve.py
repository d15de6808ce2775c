"""The program: what it prints and writes, and how it says no."""

import json

import pytest
from chest import write_scan

from pylayers.cohort.cohort import read_rows
from pylayers.errors import UsageError, WeightsError
from tools import response_curve, score_scan


@pytest.mark.caffe
def test_the_scan_without_lesions_has_score_scans_score(chest, random_run, tmp_path, capsys):
    scan = write_scan(tmp_path / "chest.nrrd", chest.hu)
    out, weights = tmp_path / "out", ["--weights", str(random_run.path)]
    options = ["--doses", "0,10,30", "--repeats", "2", "--out", str(out), "--quiet"]
    response_curve.main([str(scan), *options, *weights])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["fev1pp", "LAA-950"]
    assert "0 of 4 steps in the wrong direction: monotone" in lines[1]
    assert score_scan.main([str(scan), "--json", str(tmp_path / "s.json"), *weights]) == 0
    plain = json.loads((tmp_path / "s.json").read_text())
    rows = [row for _, row in read_rows(out / "response.csv")]
    assert [row["dose"] for row in rows] == ["0", "0.1", "0.3"] * 2
    assert float(rows[0]["fev1pp"]) == plain["targets"]["fev1pp"]["score"]
    assert float(rows[0]["LAA-950"]) == pytest.approx(plain["lungs"]["laa950_percent"], abs=1e-3)
    numbers = json.loads((out / "response.json").read_text())["numbers"]
    assert numbers["LAA-950"]["monotone"] and numbers["fev1pp"]["steps"] == 4
    assert (out / "response.png").stat().st_size > 10_000


def test_without_weights_the_exit_code_is_4(chest, tmp_path, run_tool):
    scan = write_scan(tmp_path / "chest.nrrd", chest.hu)
    done = run_tool("response_curve", scan, "--weights", tmp_path / "none")
    assert done.returncode == 4 and done.stderr.startswith("error: there is no ")
    with pytest.raises(WeightsError):
        response_curve.main([str(scan), "--weights", str(tmp_path)])


@pytest.mark.parametrize("doses", ["", "a", "1,2", "0,5,100", "-1,2,3", "0,nan,5"])
def test_doses_that_make_no_sense_are_refused(doses):
    with pytest.raises((UsageError, SystemExit)):
        response_curve.main([f"--doses={doses}"])


def test_a_cohorts_own_target_has_no_direction_to_follow(own_run, tmp_path):
    options = ["--weights", str(own_run.path), "--out", str(tmp_path / "out")]
    with pytest.raises(UsageError, match=r"how age, .* answers to emphysema is not known"):
        response_curve.main([str(tmp_path / "s.nii"), *options])
    assert not (tmp_path / "out").exists()

"""The program: phantoms scanned again, and pairs of real scans."""

import json
import shutil

import numpy as np
import pytest
from chest import make_chest, write_scan

from data.phantom.cohort_folder import STAMP, VERSION
from pylayers.cohort.cohort import read_cohort, read_rows, store_path, write_rows
from pylayers.errors import CohortError, UsageError
from tools import measure_repeatability
from tools.repeatability.repeat_files import read_pairs, read_scans
from tools.training.run_folder import RunFolder

QUIET = ["--workers", "1", "--quiet"]


@pytest.fixture
def run(random_run, tmp_path) -> RunFolder:
    shutil.copytree(random_run.path, tmp_path / "run")
    return RunFolder(tmp_path / "run")


@pytest.fixture
def phantoms(tiny_cohort, tmp_path):
    """A cohort whose test scans have phantoms' names, beside the generator's stamp."""
    cohort = tmp_path / "phantom" / "cohort"
    shutil.copytree(tiny_cohort, cohort)
    rows = [row for _, row in read_rows(cohort / "cohort.csv")]
    for number, row in enumerate((row for row in rows if row["split"] == "test"), 1):
        name = f"phantom_{number:04d}"
        store_path(cohort, row["scan_id"]).rename(store_path(cohort, name))
        row["scan_id"] = name
    write_rows(cohort / "cohort.csv", rows)
    stamp = {"seed": 7, "version": VERSION}
    (cohort.parent / STAMP).write_text(json.dumps(stamp))
    return cohort


@pytest.mark.caffe
def test_a_pair_has_the_numbers_of_both_scans(run, phantoms, tmp_path, capsys):
    scans = []
    for name, noise_hu in (("soft", 20.0), ("sharp", 60.0)):
        chest = make_chest(seed=3, noise_hu=noise_hu)
        scans.append(str(write_scan(tmp_path / f"{name}.nrrd", chest.hu)))
    options = ["--run", str(run.path), "--cohort", str(phantoms), *QUIET]
    measure_repeatability.main(["fev1pp", *options, "--pair", *scans])
    pairs = {pair.method: pair for pair in read_pairs(run)}
    assert pairs["scan2num"][:2] == ("soft.nrrd", "sharp.nrrd")
    plain, normalised = (
        abs(pairs[name].a - pairs[name].b)
        for name in ("LAA-950", "LAA-950, kernel-normalised to the softer scan")
    )
    assert plain > 3 and normalised < 0.8 * plain  # at pixels of 2.6 mm bands tell little
    assert "soft.nrrd" in capsys.readouterr().out


@pytest.mark.caffe
@pytest.mark.slow
def test_phantoms_are_scanned_again_and_scored_once(run, phantoms, monkeypatch, capsys):
    monkeypatch.setattr("data.phantom.repeat_cohort.CONDITIONS", ("first", "again"))
    options = ["--run", str(run.path), "--cohort", str(phantoms), "--subjects", "1", *QUIET]
    measure_repeatability.main(["fev1pp", *options])
    first = capsys.readouterr().out
    assert "nothing but noise" in first
    scans, facts = read_scans(run)
    assert [scan.condition for scan in scans] == ["first", "again"] and facts["refused"] == {}
    assert all(np.isfinite(list(scan.values.values())).all() for scan in scans)
    repeats = read_cohort(phantoms.parent / "repeats")
    made = [repeats.store_path(scan).stat().st_mtime_ns for scan in repeats.scans]
    monkeypatch.setattr("tools.scoring.scorer.Scorer.score", lambda *_: pytest.fail("scored again"))
    measure_repeatability.main(["fev1pp", *options])
    assert capsys.readouterr().out == first
    assert made == [repeats.store_path(scan).stat().st_mtime_ns for scan in repeats.scans]


@pytest.mark.caffe
def test_phantoms_of_another_generator_cannot_be_scanned_again(run, phantoms):
    (phantoms.parent / STAMP).write_text(json.dumps({"seed": 7, "version": VERSION - 1}))
    with pytest.raises(CohortError, match="no phantoms of this version"):
        measure_repeatability.source_of(phantoms.parent)


@pytest.mark.parametrize("wrong", [["--subjects", "0"], ["--seed", "-1"], ["--workers", "0"]])
def test_numbers_that_make_no_sense_are_refused(wrong):
    with pytest.raises(UsageError, match="is below"):
        measure_repeatability.main(["fev1fvc", *wrong])

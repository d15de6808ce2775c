"""Lungs that change raise the preprocessing version: what of before is recognised, and said."""

import json
import shutil

import h5py
import pytest

from pylayers.cohort.cohort import read_cohort
from pylayers.errors import CohortError, UsageError
from pylayers.files.whole_file import write_json
from pylayers.lungs.crop import PREPROCESSING_VERSION
from tools import evaluate, prepare_cohort, score_scan, sweep_slices, train
from tools.training.run_folder import RunFolder
from tools.training.version_note import version_note

OLD = PREPROCESSING_VERSION - 1


def age(cohort, *scan_ids, version=OLD):
    """Give stored crops of a cohort another version, or none."""
    for scan_id in scan_ids:
        with h5py.File(cohort / "scans" / f"{scan_id}.h5", "r+") as file:
            if version is None:
                del file.attrs["preprocessing_version"]
            else:
                file.attrs["preprocessing_version"] = version


@pytest.fixture
def cohort(tiny_cohort, tmp_path):
    """A copy of the tiny cohort to change."""
    shutil.copytree(tiny_cohort, tmp_path / "cohort")
    return tmp_path / "cohort"


def train_on(cohort, run, *more):
    options = ("--cohort", cohort, "--run", run, "--schedule", "demo", "--gpu", "none", "--quiet")
    train.main(["fev1pp", *map(str, options), *more])


def with_version(run, version):
    """Write another version, or none, into a run's best.json."""
    best = json.loads(run.best_json.read_text())
    best.pop("preprocessing_version")
    write_json(
        run.best_json, best | ({} if version is None else {"preprocessing_version": version})
    )


# ---- training ----


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_crops_of_another_version_are_not_trained_on(split, cohort, tmp_path):
    first = read_cohort(cohort).labelled(split, "fev1pp")[0].scan_id
    age(cohort, first)
    with pytest.raises(CohortError) as caught:
        train_on(cohort, tmp_path / "run")
    said = str(caught.value)
    assert said.startswith("1 of 16 stored crops, such as ") and f"{first}.h5" in said
    assert f"version {OLD}, and this is version {PREPROCESSING_VERSION}" in said
    assert "run tools/prepare_cohort.py again" in said
    assert not (tmp_path / "run").exists()


def test_a_sweep_says_it_before_its_first_run(cohort, tmp_path):
    age(cohort, "c01", "c02", version=PREPROCESSING_VERSION + 1)
    options = ("--cohort", cohort, "--out", tmp_path / "sweep", "--gpu", "none", "--quiet")
    with pytest.raises(CohortError, match="2 of 16 stored crops"):
        sweep_slices.main(["fev1pp", *map(str, options)])
    assert not (tmp_path / "sweep").exists()


@pytest.mark.parametrize("damage", ["no version", "no file of HDF5", "cut"])
def test_a_store_that_is_damaged_is_named(damage, cohort, tmp_path):
    store = cohort / "scans" / "c03.h5"
    if damage == "no version":
        age(cohort, "c03", version=None)
    else:
        store.write_bytes(b"damaged" if damage == "no file of HDF5" else store.read_bytes()[:900])
    with pytest.raises(CohortError, match=r"c03\.h5 is damaged or .*prepare_cohort\.py again"):
        train_on(cohort, tmp_path / "run")


def test_preparing_again_remakes_just_those(tiny_cohort, tmp_path):
    for scan_id in ("c01", "c02", "c03"):
        for suffix in (".mhd", ".raw"):
            shutil.copy2(tiny_cohort.parent / f"{scan_id}{suffix}", tmp_path)
    (tmp_path / "scans.csv").write_text("scan_id,path\nc01,c01.mhd\nc02,c02.mhd\nc03,c03.mhd\n")
    out = tmp_path / "cohort"
    (out / "scans").mkdir(parents=True)
    for scan_id in ("c01", "c02", "c03"):
        shutil.copy(tiny_cohort / "scans" / f"{scan_id}.h5", out / "scans")
    age(out, "c01", "c03")
    before = {path.name: path.stat().st_mtime_ns for path in (out / "scans").iterdir()}
    options = ("--out", str(out), "--workers", "1", "--quiet")
    prepare_cohort.main([str(tmp_path / "scans.csv"), *options])
    after = {path.name: path.stat().st_mtime_ns for path in (out / "scans").iterdir()}
    assert {name for name in after if after[name] != before[name]} == {"c01.h5", "c03.h5"}
    with h5py.File(out / "scans" / "c01.h5") as file:
        assert file.attrs["preprocessing_version"] == PREPROCESSING_VERSION


@pytest.mark.parametrize("state", ["stopped", "failed", "finished"])
@pytest.mark.parametrize("more", [(), ("--resume",), ("--restart",)])
def test_a_run_of_before_is_kept_and_said(state, more, cohort, tmp_path):
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    there = {"target": "fev1pp", "preprocessing_version": OLD, "state": state}
    write_json(run.run_json, there)
    age(cohort, "c01")  # the run comes first: preparing again would not help it
    says = rf"holds a run on preprocessing version {OLD}, and this is version .*remove the folder"
    with pytest.raises(UsageError, match=says):
        train_on(cohort, run.path, *more)
    assert json.loads(run.run_json.read_text()) == there


def test_make_resume_of_a_run_of_before_says_it_without_a_cohort(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    write_json(run.run_json, {"target": "ve", "cohort": "gone", "preprocessing_version": OLD})
    with pytest.raises(UsageError, match=rf"preprocessing version {OLD}, .* train anew"):
        train.main(["ve", "--run", str(run.path), "--resume"])


# ---- weights ----


@pytest.fixture
def run(random_run, tmp_path):
    """A run folder to change."""
    shutil.copytree(random_run.path, tmp_path / "fev1pp")
    return RunFolder(tmp_path / "fev1pp")


@pytest.mark.caffe
@pytest.mark.parametrize(
    ("version", "says"),
    [
        (OLD, f"preprocessing of version {OLD}, and this is version {PREPROCESSING_VERSION}"),
        (None, f"no recorded version, and this is version {PREPROCESSING_VERSION}"),
    ],
)
def test_weights_of_another_version_score_with_a_warning(version, says, run, tiny_cohort, capsys):
    scan = [str(tiny_cohort.parent / "c03.mhd"), "--weights", str(run.path)]
    with_version(run, version)
    assert score_scan.main(scan) == 0
    (said,) = [line for line in capsys.readouterr().err.splitlines() if "preprocessing" in line]
    assert says in said and said.startswith("note: ")


@pytest.mark.caffe
def test_evaluation_says_it_once_and_evaluates(run, tiny_cohort, capsys):
    command = ["fev1pp", "--run", str(run.path), "--gpu", "none"]
    with_version(run, OLD)
    evaluate.main(command)
    notes = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note: ")]
    assert len(notes) == 1
    assert f"version {OLD}, the stored crops are of version {PREPROCESSING_VERSION}" in notes[0]
    assert run.predictions("test").exists()


@pytest.mark.parametrize(
    ("weights", "stored", "is_said"),
    [
        (PREPROCESSING_VERSION, (PREPROCESSING_VERSION,), False),
        (OLD, (OLD,), True),
        (OLD, (OLD, PREPROCESSING_VERSION), True),
        (PREPROCESSING_VERSION, (OLD,), True),
        (None, (PREPROCESSING_VERSION,), True),
    ],
)
def test_an_evaluation_is_silent_only_where_all_versions_agree(weights, stored, is_said):
    from pylayers.cohort.grid import Grid

    best = {} if weights is None else {"preprocessing_version": weights}
    note = version_note(best, [Grid(v, (1, 1, 1), (1.0, 1.0, 1.0)) for v in stored])
    assert (note is not None) == is_said
    if note:
        assert all(str(v) in note for v in (*stored, PREPROCESSING_VERSION))

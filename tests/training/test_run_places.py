"""Runs of different cohorts live side by side, and never share a folder."""

import json
from pathlib import Path

import pytest

from pylayers.errors import UsageError
from pylayers.files.checkout import relative
from tools.training import run_places
from tools.training.asked_run import trained_run
from tools.training.run_folder import RunFolder
from tools.training.run_places import (
    make_command,
    run_place,
    runs_in,
    runs_of,
    trained_runs,
)


@pytest.fixture(autouse=True)
def checkout(tmp_path, monkeypatch) -> Path:
    """An empty runs/, the phantoms' cohort and the cohort my_cohort."""
    monkeypatch.setattr(run_places, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(run_places, "PHANTOM_COHORT", tmp_path / "build" / "phantom" / "cohort")
    for folder in (run_places.RUNS, run_places.PHANTOM_COHORT, tmp_path / "my_cohort"):
        folder.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put_run(folder, cohort, target="fev1fvc", name="best.json") -> RunFolder:
    """Write what a run records of itself."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    facts = {"target": target, "cohort": str(Path(cohort).resolve())}
    (Path(folder) / name).write_text(json.dumps(facts))
    return RunFolder(Path(folder))


# ---- places ----


@pytest.mark.parametrize("cohort", [None, "build/phantom/cohort", "build/phantom/cohort/", "link"])
def test_the_phantoms_runs_lie_directly_in_runs(cohort, checkout):
    (checkout / "link").symlink_to("build/phantom/cohort")
    place = run_place("fev1fvc", cohort and Path(cohort))
    assert place.path == checkout / "runs" / "fev1fvc"


@pytest.mark.parametrize(
    ("cohort", "name"),
    [
        ("my_cohort", "my_cohort"),
        ("my_cohort/", "my_cohort"),
        ("./my_cohort", "my_cohort"),
        ("my_cohort/scans/..", "my_cohort"),
        ("my cohort, 'v2'", "my cohort, 'v2'"),
        ("link", "link"),
        ("other/[a-b]*", "[a-b]*"),
    ],
)
def test_another_cohorts_runs_lie_under_its_name(cohort, name, checkout):
    (checkout / "link").symlink_to("my_cohort")
    assert run_place("ve", Path(cohort)).path == checkout / "runs" / name / "ve"


def test_the_current_folder_has_a_name(checkout, monkeypatch):
    monkeypatch.chdir(checkout / "my_cohort")
    assert runs_of(Path(".")) == checkout / "runs" / "my_cohort"


@pytest.mark.parametrize(
    "name", ["ve", "fev1fvc", "fev1pp", "report", "sweep_ve", "sweep_", ".hidden"]
)
def test_a_cohort_named_as_a_run_is_refused(name):
    with pytest.raises(UsageError, match=rf"'{name}' is no name for them: .* with RUN="):
        run_place("ve", Path("elsewhere", name))


def test_the_root_of_the_disk_is_refused():
    with pytest.raises(UsageError, match="'/' is no name"):
        runs_of(Path("/"))


def test_two_cohorts_of_one_name_never_share_a_folder(checkout):
    put_run("runs/my_cohort/ve", "my_cohort", "ve", "run.json")
    assert run_place("fev1pp", Path("my_cohort")).path.parent == checkout / "runs" / "my_cohort"
    says = r"holds ve of the cohort .*/my_cohort, and .*/b/my_cohort is another cohort of that name"
    for target in ("ve", "fev1pp"):
        with pytest.raises(UsageError, match=says):
            run_place(target, Path("b/my_cohort"))


def test_a_sweep_of_another_cohort_is_seen(checkout):
    put_run("runs/my_cohort/sweep_ve", "my_cohort", name="sweep.json")
    with pytest.raises(UsageError, match=r"holds sweep_ve of the cohort .*; .* with OUT="):
        run_place("sweep_ve", Path("b/my_cohort"), "OUT=")


@pytest.mark.parametrize("name", ["run.json", "best.json", "sweep.json"])
def test_a_run_in_the_way_is_refused(name):
    put_run("runs/my_cohort", "my_cohort", name=name)
    with pytest.raises(UsageError, match="runs/my_cohort, which is no folder of runs"):
        runs_of(Path("my_cohort"))


def test_a_file_in_the_way_is_refused(checkout):
    (checkout / "runs" / "bench.json").touch()
    with pytest.raises(UsageError, match=r"runs/bench\.json, which is no folder of runs"):
        runs_of(Path("bench.json"))


# ---- runs made before cohorts had folders ----


@pytest.mark.parametrize("name", ["run.json", "best.json"])
def test_a_run_from_before_is_named_with_what_to_do(name, checkout):
    put_run("runs/fev1fvc", "my_cohort", name=name)
    says = r"fev1fvc was trained on .*: use it with RUN=.*fev1fvc, or move it with `mkdir -p "
    with pytest.raises(UsageError, match=says):
        run_place("fev1fvc", Path("my_cohort"))
    assert run_place("ve", Path("my_cohort")).path == checkout / "runs" / "my_cohort" / "ve"
    assert run_place("fev1fvc", None).path == checkout / "runs" / "fev1fvc"
    before = trained_run("fev1fvc", Path("my_cohort"), Path("runs/fev1fvc"))
    assert before.path == Path("runs/fev1fvc")
    (checkout / "runs" / "my_cohort").mkdir()
    (checkout / "runs" / "fev1fvc").rename(checkout / "runs" / "my_cohort" / "fev1fvc")
    assert trained_run("fev1fvc", Path("my_cohort"), None).path.parent.name == "my_cohort"


def test_a_sweep_from_before_is_not_begun_anew():
    put_run("runs/sweep_ve", "my_cohort", name="sweep.json")
    with pytest.raises(UsageError, match=r"use it with OUT=.*sweep_ve, or move it"):
        run_place("sweep_ve", Path("my_cohort"), "OUT=")


# ---- trained runs ----


def test_a_run_of_another_cohort_or_target_is_refused():
    put_run("runs/fev1fvc", "build/phantom/cohort")
    assert trained_run("fev1fvc", Path("build/phantom/cohort"), None).path.name == "fev1fvc"
    with pytest.raises(UsageError, match=r"was trained on .*build/phantom/cohort, not on .*my_coh"):
        trained_run("fev1fvc", Path("my_cohort"), Path("runs/fev1fvc"))
    with pytest.raises(UsageError, match="predicts fev1fvc, not ve"):
        trained_run("ve", None, Path("runs/fev1fvc"))


@pytest.mark.parametrize(
    ("asked", "found", "says"),
    [
        ("sagittal", "coronal", "is the variant coronal, not the variant sagittal"),
        ("", "coronal", "is the variant coronal, not the paper's network"),
        ("coronal", "", "is the paper's network, not the variant coronal"),
        ("nothing", "coronal", "variant 'nothing' is not known"),
    ],
)
def test_a_run_of_another_variant_is_refused(asked, found, says):
    run = put_run("runs/tried", "my_cohort")
    facts = json.loads(run.best_json.read_text())
    run.best_json.write_text(json.dumps(facts | {"variant": found}))
    with pytest.raises(UsageError, match=says):
        trained_run("fev1fvc", None, run.path, asked)
    assert trained_run("fev1fvc", None, run.path, found) == run
    assert trained_run("fev1fvc", None, run.path) == run


def test_the_trained_runs_are_those_of_the_cohort_or_of_the_folder(checkout):
    for target in ("fev1fvc", "ve"):
        put_run(f"runs/{target}", "build/phantom/cohort", target)
    put_run("runs/my_cohort/fev1pp", "my_cohort", "fev1pp")
    put_run("runs/my_cohort/ve", "my_cohort", "ve", "run.json")  # not trained yet
    put_run("runs/tried", "build/phantom/cohort")

    def names(cohort, run=None):
        return [run.path.name for run in trained_runs(cohort and Path(cohort), run and Path(run))]

    assert names(None) == names("build/phantom/cohort") == ["ve", "fev1fvc"]
    assert names("my_cohort") == names(None, "runs/my_cohort") == ["fev1pp"]
    assert names(None, "runs/tried") == ["tried"]
    assert names("elsewhere/new") == []
    with pytest.raises(UsageError, match=r"was trained on .*, not on"):
        names("my_cohort", "runs/tried")


def test_runs_of_two_cohorts_are_not_mixed():
    put_run("runs/ve", "my_cohort", "ve")
    put_run("runs/fev1fvc", "build/phantom/cohort")
    with pytest.raises(UsageError, match=r"fev1fvc was trained on .*phantom.*, not on .*my_cohort"):
        trained_runs(None, None)


def test_a_folder_without_runs_is_taken_for_one(tmp_path):
    (tmp_path / "run" / "snapshots").mkdir(parents=True)
    assert runs_in(tmp_path / "run") == [RunFolder(tmp_path / "run")]
    assert runs_in(tmp_path / "missing") == [RunFolder(tmp_path / "missing")]


@pytest.mark.parametrize("text", ["", "{", "[1]", "7", '{"target": ["ve"]}', '{"cohort": 3}'])
def test_damaged_records_are_left_to_others(text, checkout):
    put_run("runs/my_cohort/ve", "my_cohort", "ve")
    (checkout / "runs/my_cohort/ve/best.json").write_text(text)
    assert trained_run("ve", Path("my_cohort"), None).path.name == "ve"
    assert len(trained_runs(Path("my_cohort"), None)) == 1


def test_commands_name_a_run_elsewhere():
    assert make_command("resume", RunFolder(Path("a b")), "ve").endswith("/a b'")
    assert make_command("evaluate", RunFolder(Path("/r/x")), "ve") == (
        "make evaluate TARGET=ve RUN=/r/x"
    )
    ours = RunFolder(run_places.ROOT / "runs" / "ve")
    assert make_command("resume", ours, "ve") == "make resume TARGET=ve"
    assert relative(ours.path) == "runs/ve"

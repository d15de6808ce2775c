"""Which runs score: those of --weights, by default those of one cohort, and that is said."""

import json
from pathlib import Path

import pytest

from pylayers.cohort.targets import TARGETS
from pylayers.errors import UsageError, WeightsError
from tools import score_scan
from tools.scoring.chosen_runs import chosen_runs, cohort_name, weights_note
from tools.training import run_places
from tools.training.trained_run import TrainedRun


@pytest.fixture(autouse=True)
def checkout(tmp_path, monkeypatch) -> Path:
    """An empty checkout."""
    monkeypatch.setattr(run_places, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(run_places, "PHANTOM_COHORT", tmp_path / "phantoms")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(folder, cohort, target="fev1fvc", state=None) -> None:
    """Write what a trained run records of itself."""
    Path(folder).mkdir(parents=True)
    facts = {"target": target, "cohort": str(Path(cohort).resolve())}
    (Path(folder) / "best.json").write_text(json.dumps(facts))
    if state:
        (Path(folder) / "run.json").write_text(json.dumps(facts | {"state": state}))


def names(*weights) -> list[str]:
    return [str(run.path.absolute().relative_to(Path.cwd())) for run in chosen_runs(weights)]


def test_the_phantoms_runs_score_while_there_are_no_others():
    put("runs/fev1fvc", "phantoms")
    put("runs/ve", "phantoms", "ve")
    assert names() == ["runs/ve", "runs/fev1fvc"]


def test_one_cohorts_runs_score_in_place_of_the_phantoms():
    put("runs/my_cohort/fev1fvc", "my_cohort")
    assert names() == ["runs/my_cohort/fev1fvc"]
    put("runs/fev1fvc", "phantoms")
    put("runs/ve", "phantoms", "ve")
    assert names() == ["runs/my_cohort/fev1fvc"]
    put("runs/my_cohort/ve", "my_cohort", "ve")
    assert names() == ["runs/my_cohort/ve", "runs/my_cohort/fev1fvc"]


def test_a_run_of_ones_own_from_before_cohorts_had_folders_scores():
    put("runs/fev1fvc", "my_cohort")
    put("runs/ve", "phantoms", "ve")
    assert names() == ["runs/fev1fvc"]
    put("runs/my_cohort/ve", "my_cohort", "ve")
    assert names() == ["runs/my_cohort/ve", "runs/fev1fvc"]
    put("runs/my_cohort/fev1fvc", "my_cohort")
    with pytest.raises(UsageError, match="are two runs of one target, fev1fvc; choose one with"):
        names()


def test_of_several_cohorts_one_has_to_be_chosen():
    put("runs/fev1fvc", "phantoms")
    put("runs/my_cohort/fev1fvc", "my_cohort")
    put("runs/their cohort/fev1fvc", "their cohort")
    with pytest.raises(UsageError, match="weights of 3 cohorts; choose --weights ") as caught:
        names()
    first, second, third = str(caught.value).split(", or --weights ")
    assert first.endswith("/runs (trained on the phantoms)")
    assert second.endswith("/runs/my_cohort (trained on my_cohort)")
    assert third.endswith("/runs/their cohort' (trained on their cohort)")


def test_the_phantoms_of_make_variants_have_a_name():
    assert cohort_name(run_places.VARIANTS_COHORT) == "the phantoms of make variants"


def test_runs_of_make_reproduce_are_phantoms_too(checkout, monkeypatch):
    monkeypatch.setattr(run_places, "REPRODUCE_COHORT", checkout / "build" / "more")
    put("runs/reproduce/ve", "build/more", "ve")
    put("runs/reproduce/fev1fvc", "build/more")
    assert names() == ["runs/reproduce/ve", "runs/reproduce/fev1fvc"]
    assert note_on(*names()).endswith("trained on the phantoms of make reproduce")
    put("runs/fev1fvc", "phantoms")
    assert names() == ["runs/fev1fvc"]
    put("runs/my_cohort/ve", "my_cohort", "ve")
    assert names() == ["runs/my_cohort/ve"]


def test_a_copy_of_the_phantoms_runs_does_not_count():
    put("runs/fev1fvc", "phantoms")
    put("runs/kept/fev1fvc", "phantoms")
    assert names() == ["runs/fev1fvc"]


def test_runs_that_are_not_trained_do_not_count():
    put("runs/fev1fvc", "phantoms")
    Path("runs/my_cohort/fev1fvc").mkdir(parents=True)
    assert names() == ["runs/fev1fvc"]


def test_without_any_run_it_is_said():
    with pytest.raises(WeightsError, match="no run in runs/ has weights"):
        names()


def test_weights_may_be_folders_of_runs():
    for target in ("fev1fvc", "ve"):
        put(f"runs/my_cohort/{target}", "my_cohort", target)
    put("elsewhere/x", "other", "fev1pp")
    both = ["runs/my_cohort/ve", "runs/my_cohort/fev1fvc"]
    assert names("runs/my_cohort") == names("runs/my_cohort/") == both
    assert names("elsewhere/x", "runs/my_cohort") == ["elsewhere/x", *both]
    assert names("runs/my_cohort/ve") == ["runs/my_cohort/ve"]
    with pytest.raises(UsageError, match=r"ve and .*ve are two runs of one target, ve; choose"):
        names("runs/my_cohort", "runs/my_cohort/ve")


def note_on(*weights) -> str:
    runs = chosen_runs(weights)
    return weights_note(
        [
            TrainedRun(run, TARGETS["ve"], "", json.loads(run.best_json.read_text()), None)
            for run in runs
        ]
    )


def test_whose_weights_were_used_is_said():
    put("runs/fev1fvc", "phantoms", state="finished")
    put("runs/my_cohort/ve", "my_cohort", "ve", state="running")
    note = note_on("runs/fev1fvc", "runs/my_cohort")
    phantoms, own = note.split("; ")
    assert phantoms.startswith("weights of ") and phantoms.endswith(
        "/runs/fev1fvc, trained on the phantoms"
    )
    assert own.endswith("/my_cohort/ve (its training has not finished), trained on my_cohort")
    Path("old").mkdir()
    Path("old/best.json").write_text('{"target": "ve"}')
    assert "trained on a cohort that is not recorded" in note_on("old")


@pytest.mark.caffe
def test_a_score_names_its_weights(random_run, chest, tmp_path, capsys):
    from chest import write_scan

    write_scan(tmp_path / "c.mhd", chest.hu, chest.spacing_mm)
    score_scan.main([str(tmp_path / "c.mhd"), "--weights", str(random_run.path.parent)])
    note = f"note: weights of {random_run.path}, trained on a cohort that is not recorded\n"
    assert note in capsys.readouterr().err

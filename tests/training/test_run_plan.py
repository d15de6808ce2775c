"""What is trained: what the request says, or what the run in the folder was begun with."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from pylayers.errors import UsageError
from tools.training import run_places
from tools.training.run_folder import RunFolder
from tools.training.run_plan import default_schedule, run_plan
from tools.training.schedules import SCHEDULES
from tools.training.train_request import TrainRequest


@pytest.fixture
def begun(tmp_path) -> RunFolder:
    """A run of my_cohort that was begun with the demo's schedule and another seed."""
    facts = {"target": "ve", "cohort": str(tmp_path / "my_cohort"), "schedule": "demo", "seed": 7}
    (tmp_path / "run.json").write_text(json.dumps(facts | asdict(SCHEDULES["demo"])))
    return RunFolder(tmp_path)


def test_the_phantoms_get_the_demos_schedule_and_others_the_papers(tmp_path, monkeypatch):
    monkeypatch.setattr(run_places, "PHANTOM_COHORT", tmp_path / "phantoms")
    (tmp_path / "link").symlink_to("phantoms")
    assert default_schedule(tmp_path / "phantoms") == default_schedule(tmp_path / "link") == "demo"
    assert default_schedule(tmp_path / "my_cohort") == "paper"


@pytest.mark.parametrize("named", [True, False])
def test_going_on_takes_the_run_as_it_was_begun(named, begun, tmp_path):
    cohort = tmp_path / "my_cohort" if named else None
    plan = run_plan(TrainRequest("ve", cohort, go_on=True), begun)
    assert plan.cohort == tmp_path / "my_cohort"
    assert (plan.schedule_name, plan.schedule, plan.seed) == ("demo", SCHEDULES["demo"], 7)


def test_going_on_with_another_cohort_is_refused(begun):
    with pytest.raises(UsageError, match=r"was trained on .*/my_cohort, not on other"):
        run_plan(TrainRequest("ve", Path("other"), go_on=True), begun)


def test_going_on_never_begins_a_run(tmp_path):
    for request in (
        TrainRequest("ve", tmp_path / "my_cohort", go_on=True),
        TrainRequest("ve", resume=True),
    ):
        with pytest.raises(UsageError, match=r"there is no run in .* to go on with"):
            run_plan(request, RunFolder(tmp_path / "run"))


def test_resuming_with_a_cohort_stands_for_the_run_that_is_asked_for(begun, tmp_path):
    plan = run_plan(TrainRequest("ve", tmp_path / "my_cohort", resume=True), begun)
    assert (plan.schedule_name, plan.schedule, plan.seed) == ("paper", SCHEDULES["paper"], 1)

"""The parts of score_scan --report: hints, uncertainty, meaning, charts."""

import numpy as np
import pytest

from pylayers.cohort.targets import TARGETS
from pylayers.errors import UsageError, WeightsError
from pylayers.refusals import REASONS
from tools import score_scan
from tools.scan_report import charts
from tools.scan_report.hints import HINTS
from tools.scan_report.meaning import GRADES, SCALES, meaning
from tools.scan_report.uncertainty import validation_interval
from tools.training.run_folder import RunFolder


@pytest.mark.parametrize(
    ("name", "says"),
    [("none/a.html", "there is no folder none"), ("a.pdf", "does not end in .html")],
)
def test_a_page_that_cannot_be_written_is_refused_before_any_work(
    name, says, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)  # where one may write, else that is the reason
    with pytest.raises(UsageError, match=says):
        score_scan.main(["no-such-scan.mhd", "--report", name])


def test_every_reason_has_a_hint():
    assert list(HINTS) == list(REASONS)
    assert all(hint.endswith(".") and len(hint) < 160 for hint in HINTS.values())


def test_the_interval_is_the_score_and_the_errors_tails(tmp_path):
    run = RunFolder(tmp_path)
    rows = [f"scan{i},{80 + i},{80 + 2 * i}" for i in range(11)]
    run.predictions("val").write_text("\n".join(["scan_id,truth,prediction", *rows]) + "\n")
    interval = validation_interval(run, 60.0, TARGETS["fev1pp"])
    assert interval == pytest.approx((50.25, 59.75, 11))  # errors 0, -1, ... -10
    assert interval.is_rough
    assert validation_interval(run, 8.0, TARGETS["fev1pp"]).low == TARGETS["fev1pp"].low


def test_without_predictions_there_is_no_interval(tmp_path):
    assert validation_interval(RunFolder(tmp_path), 60.0, TARGETS["fev1pp"]) is None


@pytest.mark.parametrize("text", ["", "scan_id,truth\na,1\n", "truth,prediction\n1,nan\n", "\xff"])
def test_damaged_predictions_are_named(text, tmp_path):
    (tmp_path / "predictions_val.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(WeightsError, match=r"predictions_val.csv is damaged; run `make evaluate"):
        validation_interval(RunFolder(tmp_path), 60.0, TARGETS["fev1pp"])


@pytest.mark.parametrize(
    ("scores", "name", "says"),
    [
        ({"ve": 2.6}, "ve", "nearest grade: moderate"),
        ({"ve": -0.4}, "ve", "nearest grade: absent"),
        ({"ve": 7.0}, "ve", "nearest grade: advanced destructive"),
        ({"fev1fvc": 0.69}, "fev1fvc", "this prediction is below"),
        ({"fev1fvc": 0.7}, "fev1fvc", "this prediction is not below"),
        ({"fev1pp": 55.0}, "fev1pp", "GOLD stage 2 if FEV1/FVC is below 0.7"),
        ({"fev1pp": 25.0, "fev1fvc": 0.5}, "fev1pp", "GOLD stage 4, with the predicted"),
        ({"fev1pp": 55.0, "fev1fvc": 0.8}, "fev1pp", "no GOLD stage"),
    ],
)
def test_a_number_is_explained(scores, name, says):
    assert says in meaning(TARGETS[name], scores)


def test_every_target_has_a_scale():
    assert set(SCALES) == set(TARGETS) and len(SCALES["ve"].parts) == len(GRADES)
    for scale in SCALES.values():
        bounds = [scale.low, *(bound for bound, _ in scale.parts)]
        assert bounds == sorted(bounds)


def test_marks_stay_on_the_scale():
    line = charts.number_line(SCALES["ve"], 9.0, None)
    assert line.at == charts.LINE_RIGHT and line.low is None


@pytest.mark.parametrize("values", [np.arange(16.0), np.full(16, 0.7), np.zeros(1)])
def test_rows_of_the_overview_do_not_overlap(values):
    rows = charts.overview(np.linspace(0.4, 0.6, len(values)), values, values.mean(), 0.3).rows
    text = np.sort([row.text_y for row in rows])
    assert (np.diff(text) > charts.LEAST_GAP - 0.2).all() and text[0] >= charts.TOP
    assert all(charts.PLOT_LEFT <= row.x <= charts.PLOT_RIGHT for row in rows)

"""An own target's classes are those of its thresholds, counted as others count them."""

from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from pylayers.cohort.targets import TARGETS, Target
from tools.report.correlation_tables import agreement_table, correlation_table
from tools.report.report_figures import draw_own_classes
from tools.report.results import Results, Split
from tools.report.sections import own_class_sections
from tools.report.threshold_tables import class_table, threshold_table
from tools.training.run_folder import RunFolder

AGE = Target("age", "Age", "years", 18.0, 100.0, 82.0, 0, (50.0, 65.0))


def results_of(target, scans=80):
    rng = np.random.default_rng(3)
    truth = rng.uniform(25, 95, scans)
    truth[:2] = 50.0, 65.0  # a threshold itself belongs to the class above
    ids, rows = tuple(map(str, range(scans))), ({"laa950": "5", "perc15": "-930"},) * scans
    split = Split(ids, truth, truth + rng.normal(0, 12, scans), rows)
    return Results(RunFolder(Path("run")), target, {}, Path(), split, split)


def test_classes_are_counted_between_the_thresholds():
    results = results_of(AGE)
    both = (results.test.truth, results.test.prediction)
    truth, prediction = (np.digitize(values, AGE.thresholds) for values in both)
    table = class_table(results)
    assert [row[0] for row in table.rows] == ["below 50", "50 to 65", "65 or more"]
    counts = [[int(cell) for cell in row[1:]] for row in table.rows]
    assert counts == metrics.confusion_matrix(truth, prediction).tolist()
    kappa = metrics.cohen_kappa_score(truth, prediction, weights="quadratic")
    assert f"{kappa:.2f} [" in table.notes[0]


def test_each_threshold_has_its_area_and_rates():
    results = results_of(AGE)
    truth, prediction = results.test.truth, results.test.prediction
    for row, threshold in zip(threshold_table(results).rows, (50, 65), strict=True):
        reached = truth >= threshold
        assert row[:2] == (f"{threshold} years", str(reached.sum()))
        expected = (
            metrics.roc_auc_score(reached, prediction),
            (prediction[reached] >= threshold).mean(),
            (prediction[~reached] < threshold).mean(),
        )
        for cell, number in zip(row[2:], expected, strict=True):
            assert float(cell.split()[0]) == pytest.approx(number, abs=0.0051)


def test_only_own_targets_with_thresholds_have_such_a_section(tmp_path):
    plain = Target("size", "Size", "", 0.0, 100.0, 100.0, 0)
    everything = [results_of(target) for target in (TARGETS["fev1pp"], plain, AGE)]
    (section,) = own_class_sections(everything, tmp_path)
    assert section.title == "Classes: Age"
    assert draw_own_classes(everything[2], tmp_path).read_bytes().startswith(b"\x89PNG")


def test_any_number_has_correlation_and_agreement_without_the_papers():
    results = results_of(AGE)
    assert correlation_table([results]).rows[0][-1] == ""
    assert agreement_table([results]).rows[0][0] == "Age (years)"

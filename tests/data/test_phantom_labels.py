"""Labels of a seeded cohort of phantoms, of which no voxel is made, beside the paper's numbers."""

from dataclasses import replace

import numpy as np
import pytest

from data.phantom import labels
from data.phantom.chest_plan import plan_pathology
from data.phantom.extent import Extent
from data.phantom.factors import DISEASE, FACTORS, rate_factors
from data.phantom.published import LABEL_CORRELATIONS, abs_rho, column, compare_labels
from data.phantom.simulation import simulate, simulate_labels
from data.phantom.subject import draw_subject

SUBJECTS = 400


@pytest.fixture(scope="module")
def rows():
    return [simulate_labels(1, number) for number in range(1, SUBJECTS + 1)]


def test_the_cohort_is_like_the_papers_test_set(rows):
    compared = compare_labels(rows)
    assert len(compared) == 3 + len(LABEL_CORRELATIONS)
    assert [line for line in compared if not line.met] == []


def test_nothing_but_the_disease_predicts_a_target_well(rows):
    factors = rate_factors(rows, (*DISEASE, *FACTORS))
    assert [factor for factor in factors if factor.too_strong] == []
    assert factors[0].rho["ve"] > 0.9  # extent


def test_labels_are_those_of_the_rendered_phantom():
    _, _, row = simulate(1, 1)
    alone = simulate_labels(1, 1)
    assert alone == {name: row[name] for name in alone}
    assert set(row) - set(alone) == {"laa950", "perc15", "mean_hu", "lung_ml"}


def weighted_kappa(a, b):
    seen = np.zeros((6, 6))
    np.add.at(seen, (a, b), 1 / len(a))
    chance = seen.sum(1)[:, None] * seen.sum(0)
    weight = np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    return 1 - (weight * seen).sum() / (weight * chance).sum()


def test_readers_agree_as_well_as_readers_do(rows):
    first, second, truth, consensus = (
        column(rows, name).astype(int)
        for name in ("ve_reader1", "ve_reader2", "ve_noise_free", "ve")
    )
    assert 0.62 < weighted_kappa(first, second) < 0.80  # paper, section 2.2: .70 to .80
    assert np.mean(consensus == truth) > np.mean(first == truth)


@pytest.mark.parametrize(
    ("target", "spirometry"), [("fev1fvc", labels.FEV1FVC), ("fev1pp", labels.FEV1PP)]
)
def test_measurement_noise_has_the_stated_size(rows, target, spirometry):
    noise = column(rows, target) - column(rows, f"{target}_noise_free")
    assert np.std(noise) == pytest.approx(spirometry.noise, rel=0.12)
    assert np.mean(noise) == pytest.approx(0, abs=0.15 * spirometry.noise)


def test_the_noise_leaves_room_to_learn(rows):
    assert labels.noise_ceiling(rows, "fev1fvc") >= 0.92
    assert labels.noise_ceiling(rows, "fev1pp") >= 0.82


def test_airway_disease_tells_of_lung_function_what_the_grade_does_not(rows):
    for target in ("fev1fvc", "fev1pp"):
        assert abs_rho(rows, "wall_mm", target) > abs_rho(rows, "wall_mm", "ve") + 0.1
        assert abs_rho(rows, "nodules_per_ml", target) > abs_rho(rows, "nodules_per_ml", "ve") + 0.1


def test_no_emphysema_is_grade_0_and_only_that():
    assert labels.grade(0.0) == 0
    assert labels.grade(1e-9) == 1
    assert [labels.grade(x) for x in (*labels.ZONE_BOUNDS, 1.0)] == [2, 3, 4, 5, 5]


def test_a_readers_impression_rounds_to_the_grade():
    for worst in np.linspace(0.001, 0.999, 300):
        assert labels.grade(worst) == np.clip(np.floor(labels.impression(worst) + 0.5), 0, 5)
    assert labels.impression(0.0) == 0


def test_each_lung_function_falls_with_emphysema_walls_and_nodules():
    mild, severe = Extent(0.05, 0.1, 0.0), Extent(0.3, 0.5, 0.1)
    for spirometry in (labels.FEV1FVC, labels.FEV1PP):
        healthy = labels.lung_function(spirometry, mild, 1.0, 0.5)
        assert labels.lung_function(spirometry, severe, 1.0, 0.5) < healthy
        assert labels.lung_function(spirometry, mild, 1.4, 0.5) < healthy
        assert labels.lung_function(spirometry, mild, 1.0, 1.5) < healthy


def test_extent_follows_severity_and_the_worst_zone_has_more():
    subject = replace(
        draw_subject(np.random.default_rng(5)), zone_slope=1.0, patchiness=0.5, panlobular=False
    )
    extents = [
        plan_pathology(replace(subject, severity=s), np.random.default_rng(2)).extent
        for s in (0.0, 0.05, 0.3, 0.6, 0.95)
    ]
    fractions = [extent.extent for extent in extents]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0 < fractions[1] < 0.05 and 0.3 < fractions[-1] < 0.8
    assert all(extent.worst_zone > extent.extent for extent in extents[1:])

"""What a phantom's image shows besides its lesions: branches, fissures, thick and thin slices."""

from dataclasses import fields, replace

import numpy as np
import pytest

from data.phantom import branches, imaging
from data.phantom.acquisition import MATRIX, SLICES_APART_MM, THIN_MM
from data.phantom.cohort_folder import check_stamp, claim_folder
from data.phantom.fissures import draw_fissures
from data.phantom.lesion_drawing import draw_balls
from data.phantom.lesions import Holes
from data.phantom.subject import draw_subject
from pylayers.errors import UsageError

GRID = {"spacing_mm", "slice_mm", "thick_mm", "slices_below", "slices"}


def subject_number(number, **changes):
    return replace(draw_subject(np.random.default_rng(number)), **changes)


def test_thin_slices_cover_the_lungs_and_change_nothing_else():
    for number in range(20):
        usual = subject_number(number)
        thin = draw_subject(np.random.default_rng(number), thin_share=1.0)
        assert THIN_MM[0] <= thin.slice_mm == thin.thick_mm <= THIN_MM[1]
        assert SLICES_APART_MM[0] <= usual.slice_mm <= SLICES_APART_MM[1]
        assert 1 <= usual.thick_mm <= usual.slice_mm
        for subject in (thin, usual):
            assert subject.z_mm(0) < 0
            assert subject.z_mm(subject.slices - 1) > subject.lung_height_mm
        for field in fields(usual):
            if field.name not in GRID:
                assert np.array_equal(getattr(usual, field.name), getattr(thin, field.name))


def test_the_share_of_thin_slices_is_the_stated_one():
    drawn = [draw_subject(np.random.default_rng(n), thin_share=0.3) for n in range(400)]
    thin = [subject.slice_mm < SLICES_APART_MM[0] for subject in drawn]
    assert np.mean(thin) == pytest.approx(0.3, abs=0.06)


def test_a_folder_of_another_share_of_thin_slices_is_refused(tmp_path):
    claim_folder(tmp_path / "new", 1, 0.2)
    claim_folder(tmp_path / "new", 1, 0.2)
    with pytest.raises(UsageError, match=r"holds phantoms of seed 1.*thin share 0\.2, not of"):
        claim_folder(tmp_path / "new", 1)
    with pytest.raises(UsageError, match="damaged"):
        (tmp_path / "stamp").write_text("half a")
        check_stamp(tmp_path / "stamp", {"seed": 1})


def test_branches_taper_from_the_root_to_every_target():
    rng = np.random.default_rng(0)
    root, targets = (
        np.array([-30.0, 0, 100]),
        rng.uniform([-120, -80, 10], [-40, 80, 230], (200, 3)),
    )
    tree = branches.grow_tree(rng, root, targets)
    ends, radius = tree.ends, tree.radius
    assert np.abs(ends[:, 1][:, None] - targets).sum(2).min(0).max() < 1e-6
    children = {}
    for start, end, r in zip(*np.moveaxis(ends, 1, 0), radius, strict=True):
        children.setdefault(start.tobytes(), []).append(r)
        for thinner in children.get(end.tobytes(), ()):
            assert thinner <= r + 1e-9
    from_root = np.linalg.norm(ends.mean(1) - root, axis=1)
    near, far = radius[from_root < 30], radius[from_root > 90]
    assert near.mean() > 1.5 * far.mean() and radius.min() == pytest.approx(branches.LEAF_MM)


def test_twigs_end_where_they_should_and_are_short():
    rng = np.random.default_rng(0)
    targets = rng.uniform(0, 100, (300, 3))
    tree = branches.grow_tree(rng, np.zeros(3), targets[:100])
    twigs = branches.sprout(tree, targets[100:])
    assert 50 < len(twigs.radius) <= 200
    lengths = np.linalg.norm(np.diff(twigs.ends, axis=1)[:, 0], axis=1)
    assert lengths.max() < branches.TWIG_REACH_MM


def test_a_thick_slice_shows_a_small_hole_faintly_and_a_large_one_fully():
    ball = {4.0: None, 1.0: None}
    for thick in ball:
        canvas = np.zeros((MATRIX, MATRIX), np.uint8)
        subject = subject_number(1, thick_mm=thick)
        holes = Holes(np.array([[-60.0, 0, 50], [60, 0, 50]]), np.array([1.0, 8]), np.ones(2))
        draw_balls(canvas, subject, holes, 50.0, None)
        small, large = canvas[:, : MATRIX // 2].max(), canvas[:, MATRIX // 2 :].max()
        ball[thick] = small
        assert large >= 254
    assert ball[1.0] >= 254 and ball[4.0] == pytest.approx(255 / 2, abs=3)


def test_a_ball_is_drawn_with_its_volume_however_thick_the_slices_are():
    volumes = []
    for thick in (1.0, 5.0):
        subject = subject_number(1, thick_mm=thick)
        ball = Holes(np.array([[-60.0, 0, 50]]), np.array([6.0]), np.ones(1))
        covered = 0.0
        for z in np.arange(50 - 15, 50 + 15, thick):
            canvas = np.zeros((MATRIX, MATRIX), np.uint8)
            draw_balls(canvas, subject, ball, z, None)
            covered += canvas.sum() / 255 * subject.spacing_mm**2 * thick
        volumes.append(covered)
    truth = 4 / 3 * np.pi * 6**3
    assert volumes == pytest.approx([truth, truth], rel=0.2)


def test_fissures_fall_to_the_front_on_both_sides():
    subject = subject_number(1, thick_mm=1.0)
    rows = []
    for share in (0.25, 0.5, 0.75):
        canvas = np.zeros((MATRIX, MATRIX), np.uint8)
        draw_fissures(canvas, subject, share * subject.lung_height_mm)
        halves = canvas[:, : MATRIX // 2], canvas[:, MATRIX // 2 :]
        rows.append([half.nonzero()[0].mean() for half in halves])
    assert np.all(np.diff(rows, axis=0) > 10)  # higher up they lie further back


def test_streaks_run_from_side_to_side_at_the_shoulders_alone():
    subject = subject_number(1, arms_down=False)
    strengths = [imaging.streak_strength(subject, t * subject.lung_height_mm) for t in (0.4, 0.95)]
    assert strengths[0] == 0 < strengths[1]
    assert imaging.streak_strength(replace(subject, arms_down=True), 0.0) > 0
    streaks = imaging.streaks(np.random.default_rng(0))
    assert streaks.std() == pytest.approx(1, abs=0.2)
    along, across = (np.abs(np.diff(streaks, axis=axis)).mean() for axis in (1, 0))
    assert along < 0.1 * across

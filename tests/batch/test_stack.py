"""Stack: slice choice, augmentation and window, by identities and numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pylayers.batch.stack import (
    FILL_HU,
    MAX_ANGLE_DEG,
    SIDE,
    TEST_OFFSET,
    Augmentation,
    draw_augmentation,
    fill_stack,
    no_augmentation,
    place,
    rotate,
    scoring_stack,
    slice_indices,
    window,
)

OFFSETS = st.floats(0, 1, exclude_max=True)


def planes(count, rows=301, columns=222, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-1024, 300, (count, rows, columns), np.int16)


def filled(hu, augmentation) -> np.ndarray:
    out = np.full((len(hu), 1, SIDE, SIDE), np.nan, np.float32)
    fill_stack(hu, augmentation, out)
    return out


@given(n=st.integers(1, 1000), slices=st.integers(1, 64), offset=OFFSETS)
@example(n=100, slices=16, offset=float(np.nextafter(1, 0)))
def test_slices_are_in_range_in_order_and_regular(n, slices, offset):
    indices = slice_indices(n, slices, offset)
    assert indices.shape == (slices,)
    assert indices.min() >= 0 and indices.max() < n
    steps = np.diff(indices)
    assert np.all(steps >= 0)
    assert np.all(np.abs(steps - n / slices) <= 1)  # a floor moves each end by less than one


@given(n=st.integers(1, 400), slices=st.integers(1, 32))
def test_each_part_of_the_lungs_gives_one_slice_and_all_slices_can_be_drawn(n, slices):
    drawn = set()
    for offset in np.arange(64) / 64:
        indices = slice_indices(n, slices, offset)
        parts = np.arange(slices) * n / slices
        assert np.all(indices >= np.floor(parts))
        assert np.all(indices <= np.ceil(parts + n / slices))
        drawn |= set(indices.tolist())
    assert len(drawn) == n or n > 32 * slices


@pytest.mark.parametrize(
    ("n", "slices", "offset", "expected"),
    [
        (16, 16, 0.0, list(range(16))),
        (16, 16, 0.99, list(range(16))),
        (160, 16, 0.5, list(range(5, 160, 10))),
        (10, 4, 0.0, [0, 2, 5, 7]),
        (10, 4, 0.5, [1, 3, 6, 8]),
        (3, 6, 0.5, [0, 0, 1, 1, 2, 2]),
        (1, 3, 0.9, [0, 0, 0]),
    ],
)
def test_slices_worked_out_by_hand(n, slices, offset, expected):
    assert slice_indices(n, slices, offset).tolist() == expected


def test_the_window_is_exact():
    hu = np.array([-3024, -1050, -1000, -950, -900, -750, -749, 3071], np.int16)
    out = np.empty(hu.shape, np.float32)
    window(hu, out)
    np.testing.assert_array_equal(out, np.float32([-0.75, -0.75, -0.5, -0.25, 0, 0.75, 0.75, 0.75]))


def test_a_plane_is_placed_in_the_middle_of_air():
    plane = planes(1, 101, 202)[0]
    placed = place(plane)
    assert placed.shape == (SIDE, SIDE) and placed.dtype == np.int16
    np.testing.assert_array_equal(placed[205:306, 155:357], plane)
    placed[205:306, 155:357] = FILL_HU
    assert np.all(placed == FILL_HU) and FILL_HU == -1000


def test_a_plane_of_full_size_is_placed_as_it_is():
    plane = planes(1, SIDE, SIDE)[0]
    np.testing.assert_array_equal(place(plane), plane)


def test_a_plane_over_full_size_is_scaled_down_to_fit():
    plane = np.full((1024, 512), -100, np.int16)
    plane[:, :256] = 100
    placed = place(plane)
    np.testing.assert_array_equal(placed[:, 128:256], 100)
    np.testing.assert_array_equal(placed[:, 256:384], -100)
    assert np.all(placed[:, :128] == FILL_HU) and np.all(placed[:, 384:] == FILL_HU)


@pytest.mark.parametrize("shape", [(513, 3), (3, 600), (700, 512), (1, 2000)])
def test_scaling_keeps_the_mean(shape):
    plane = np.full(shape, -321, np.int16)
    placed = place(plane)
    assert np.all((placed == -321) | (placed == FILL_HU))
    assert (placed == -321).any(axis=1).sum() == SIDE or (placed == -321).any(axis=0).sum() == SIDE


def rotated(placed, angle) -> np.ndarray:
    out = np.full((SIDE, SIDE), np.nan, np.float32)
    rotate(placed, angle, out)
    return out


@pytest.mark.parametrize("quarters", [1, 2, 3, -1])
def test_rotation_is_counter_clockwise_and_keeps_pixels_by_quarters(quarters):
    placed = planes(1, SIDE, SIDE)[0]
    np.testing.assert_allclose(
        rotated(placed, 90.0 * quarters), np.rot90(placed, quarters), atol=0.1
    )


def test_a_stack_turns_its_slices_counter_clockwise_each_by_its_own_angle():
    hu = planes(3)
    turned = filled(hu, Augmentation(0.0, False, np.array([90.0, 0.0, -90.0])))
    plain = filled(hu, no_augmentation(3))
    for out, straight, quarters in zip(turned, plain, (1, 0, -1), strict=True):
        np.testing.assert_allclose(out[0], np.rot90(straight[0], quarters), atol=5e-4)


@given(angle=st.floats(-MAX_ANGLE_DEG, MAX_ANGLE_DEG))
def test_rotating_there_and_back_gives_the_plane_again(angle):
    y, x = np.ogrid[:SIDE, :SIDE]
    blob = 800 * np.exp(-(((y - 300) / 60) ** 2 + ((x - 230) / 40) ** 2))
    placed = np.rint(FILL_HU + blob).astype(np.int16)
    back = rotated(rotated(placed, angle), -angle)
    assert np.abs(back - placed).max() <= 24  # twice a pixel aside where the blob is steepest


@given(angle=st.floats(-MAX_ANGLE_DEG, MAX_ANGLE_DEG))
def test_rotation_keeps_the_noise_of_a_scan(angle):
    """What training sees of noise is what scoring sees."""
    noise = np.random.default_rng(3).normal(-860, 60, (SIDE, SIDE)).astype(np.int16)
    middle = rotated(noise, angle)[156:356, 156:356]
    assert middle.std() == pytest.approx(60, rel=0.03)
    assert np.mean(middle < -950) == pytest.approx(np.mean(noise < -950), abs=0.01)
    neighbours = np.corrcoef(middle[:, 1:].ravel(), middle[:, :-1].ravel())[0, 1]
    assert neighbours < 0.2  # as few pixels as possible are there twice


@pytest.mark.parametrize("columns", [222, 223])
def test_mirroring_twice_is_no_change(columns):
    hu = planes(2, 101, columns)
    angles = np.zeros(2)
    twice = filled(hu[:, :, ::-1], Augmentation(0.0, True, angles))
    np.testing.assert_array_equal(twice, filled(hu, Augmentation(0.0, False, angles)))


def test_mirroring_swaps_left_and_right_before_the_rotation():
    hu = planes(2, 100, 200)
    mirrored = filled(hu, Augmentation(0.0, True, np.array([0.0, 90.0])))
    plain = filled(hu, no_augmentation(2))
    np.testing.assert_array_equal(mirrored[0, 0], plain[0, 0, :, ::-1])
    np.testing.assert_allclose(mirrored[1, 0], np.rot90(plain[1, 0, :, ::-1]), atol=5e-4)


def test_a_stack_of_the_wrong_length_is_an_error():
    with pytest.raises(ValueError, match=r"zip\(\)"):
        filled(planes(3), no_augmentation(2))


def test_draws_stay_in_the_papers_bounds_and_reach_them():
    rng = np.random.default_rng(5)
    drawn = [draw_augmentation(rng, 16) for _ in range(500)]
    offsets = np.array([a.offset for a in drawn])
    angles = np.concatenate([a.angles_deg for a in drawn])
    assert offsets.min() >= 0 and offsets.max() < 1
    assert np.abs(angles).max() <= 45
    assert 200 < sum(a.mirror for a in drawn) < 300
    for values, low, high in ((offsets, 0, 1), (angles, -45, 45)):
        counts, _ = np.histogram(values, bins=5, range=(low, high))
        assert counts.min() > 0.7 * counts.mean()


def test_draws_come_from_the_passed_generator_alone():
    def draw():
        augmentation = draw_augmentation(np.random.default_rng([4, 2]), 3)
        return augmentation.offset, augmentation.mirror, augmentation.angles_deg.tolist()

    np.random.seed(1)
    state = np.random.get_state()[1].copy()
    first = draw()
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    np.random.seed(2)
    assert draw() == first


def test_scoring_takes_the_middle_slices_unturned_and_is_deterministic():
    hu = planes(40)
    middle = slice_indices(40, 4, TEST_OFFSET)
    stack = scoring_stack(hu, middle)
    assert stack.shape == (4, 1, SIDE, SIDE) and stack.dtype == np.float32
    for out, index in zip(stack, (5, 15, 25, 35), strict=True):
        expected = np.empty((SIDE, SIDE), np.float32)
        window(place(hu[index]), expected)
        np.testing.assert_array_equal(out[0], expected)
    np.testing.assert_array_equal(stack, scoring_stack(hu.copy(), middle))

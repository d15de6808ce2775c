"""View planes: marks in a chest appear where a radiologist looks for them, at their size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_cohort import crop_of

from pylayers.batch.pixel_size import input_pixel_mm
from pylayers.batch.stack import FILL_HU, SIDE, place
from pylayers.batch.view_planes import upright, upright_planes, view_grid
from pylayers.lungs.views import VIEWS, kept_planes

CORONAL, SAGITTAL = VIEWS.values()
SHAPE, SPACING_MM = (40, 60, 64), (2.0, 0.8, 0.8)
MARK_HU = 1000


def marked(*marks):
    """A crop of lung with marks: voxels (z, y, x) that are bright."""
    hu = np.full(SHAPE, -800, np.int16)
    for mark in marks:
        hu[mark] = MARK_HU
    return crop_of(hu, np.ones(SHAPE, bool), SPACING_MM)


def where(planes):
    """Planes, rows and columns of what is bright."""
    return [np.unique(axis) for axis in np.nonzero(planes == MARK_HU)]


def test_an_apex_on_the_patients_right_is_at_the_top_left_of_a_coronal_plane():
    planes = upright_planes(marked((39, 7, 3)), CORONAL)
    plane, rows, columns = where(planes)
    assert (plane, columns) == ([7], [3])
    assert list(rows) == [0, 1]  # the highest slice: 2 mm are 2.5 rows
    assert planes.shape == (60, 100, 64)


def test_a_base_at_the_back_is_at_the_bottom_right_of_a_sagittal_plane():
    planes = upright_planes(marked((0, 59, 11)), SAGITTAL)
    plane, rows, columns = where(planes)
    assert (plane, columns) == ([11], [59])
    assert list(rows) == [97, 98, 99]
    assert planes.shape == (64, 100, 60)


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_cube_is_a_square(view):
    """16 mm: 8 slices, 20 pixels."""
    planes = upright_planes(marked(np.s_[10:18, 20:40, 30:50]), view)
    plane, rows, columns = where(planes)
    assert len(plane) == len(rows) == len(columns) == 20
    assert rows[0] == (40 - 18) * 2.5
    placed = place(planes[25 if view is CORONAL else 40])
    assert input_pixel_mm(SHAPE, SPACING_MM, view) == (0.8, 0.8)
    assert (placed == MARK_HU).sum() == 400


@given(st.integers(1, 300), st.floats(0.3, 5.0), st.floats(0.4, 1.2), st.sampled_from([*VIEWS]))
def test_rows_are_slices_nearest_to_them_head_up(n, slice_mm, pixel_mm, name):
    plane = np.repeat(np.arange(n, dtype=np.int16)[:, None], 3, axis=1)
    seen = upright(plane, (slice_mm, pixel_mm, pixel_mm), VIEWS[name])
    assert abs(len(seen) * pixel_mm - n * slice_mm) <= max(pixel_mm, n * slice_mm) / 2 + 1e-9
    # rows' middles over those of slices, in slices from the apex
    at = (np.arange(len(seen)) + 0.5) * n / len(seen) - 0.5
    assert (np.abs((n - 1 - seen[:, 0]) - at) <= 0.5 + 1e-9).all()
    if slice_mm >= pixel_mm:
        assert set(seen[:, 0]) == set(range(n))


def test_a_plane_that_is_too_large_is_scaled_down_and_nothing_is_cut_off():
    shape, spacing_mm = (300, 200, 400), (2.0, 0.6, 0.6)
    (planes, rows, columns), mm = view_grid(shape, spacing_mm, CORONAL)
    assert (planes, rows, columns, mm) == (200, 1000, 400, (0.6, 0.6, 0.6))
    assert input_pixel_mm(shape, spacing_mm, CORONAL) == pytest.approx(
        (0.6 * 1000 / 512,) * 2, 0.01
    )
    plane = np.full((300, 400), -800, np.int16)
    placed = place(upright(plane, spacing_mm, CORONAL))
    inside = placed != FILL_HU
    assert inside.any(axis=1).sum() == SIDE and inside.any(axis=0).sum() == round(400 * 0.512)


@given(st.integers(0, 2**32 - 1), st.sampled_from([*VIEWS]))
def test_texture_stays_as_the_scanner_made_it(seed, name):
    """Where slices are a whole number of pixels, shares of HU are kept to the last voxel."""
    rng = np.random.default_rng(seed)
    plane = rng.integers(-1000, -800, (12, 30)).astype(np.int16)
    seen = upright(plane, (1.5, 0.5, 0.5), VIEWS[name])
    assert (seen < -950).mean() == (plane < -950).mean()
    assert seen.std() == pytest.approx(plane.std())


def test_no_more_planes_are_seen_than_a_store_keeps():
    hu = np.zeros((4, 150, 300), np.int16)
    hu[:] = np.arange(300)
    crop = crop_of(hu, np.ones(hu.shape, bool), (2.0, 1.0, 1.0))
    seen = upright_planes(crop, SAGITTAL)
    assert list(seen[:, 0, 0]) == list(kept_planes(300))

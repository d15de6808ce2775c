"""Views: which planes of a crop are kept, and which slices are too thick for them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pylayers.errors import ScanRefused, UsageError
from pylayers.lungs.views import (
    MOST_PLANES,
    VIEWS,
    check_slices,
    kept_planes,
    planes_along,
    views_named,
)


@given(st.integers(1, 3000))
def test_kept_planes_rise_evenly_through_all(count):
    kept = kept_planes(count)
    assert len(kept) == min(count, MOST_PLANES)
    steps = np.diff(kept)
    assert (steps >= 1).all() and 0 <= kept[0] <= kept[-1] < count
    if count > MOST_PLANES:
        assert set(steps) <= {count // MOST_PLANES, -(-count // MOST_PLANES)}
        assert kept[0] + kept[-1] in (count - 2, count - 1, count)  # symmetric within rounding
    else:
        assert list(kept) == list(range(count))


@given(st.integers(2, 6), st.integers(2, 230), st.integers(2, 230), st.sampled_from([*VIEWS]))
def test_planes_are_voxels_of_the_crop(n, h, w, name):
    hu = np.arange(n * h * w, dtype=np.int32).reshape(n, h, w)
    planes = planes_along(hu, VIEWS[name])
    if name == "coronal":
        expected = [hu[:, y, :] for y in kept_planes(h)]
    else:
        expected = [hu[:, :, x] for x in kept_planes(w)]
    np.testing.assert_array_equal(planes, expected)


@pytest.mark.parametrize(
    ("slice_mm", "doubts"), [(0.6, 0), (2.5, 0), (2.51, 0), (2.6, 1), (5.0, 1), (5.04, 1)]
)
def test_slices_that_are_thin_enough_pass_and_doubtful_ones_are_said(slice_mm, doubts):
    assert len(check_slices((slice_mm, 0.7, 0.7))) == doubts


@pytest.mark.parametrize("slice_mm", [5.1, 7.0, 20.0])
def test_thick_slices_are_refused(slice_mm):
    with pytest.raises(ScanRefused, match=f"^thick-slices: slices {slice_mm:.3g} mm apart"):
        check_slices((slice_mm, 0.7, 0.7))


def test_views_are_named_with_commas():
    assert views_named("sagittal,coronal") == tuple(VIEWS.values())
    for names in ("axial", "coronal,", ""):
        with pytest.raises(UsageError, match="is not known; it is one of coronal, sagittal"):
            views_named(names)

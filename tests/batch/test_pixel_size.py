"""Pixel sizes: what the network sees, what a scanner makes, and bringing a crop to another size."""

import numpy as np
import pytest

from pylayers.batch.pixel_size import input_pixel_mm, resampled
from pylayers.lungs.crop import Box, LungCrop
from pylayers.lungs.scanner_pixels import pixel_warnings, size_text


def crop_of(hu, spacing_mm):
    return LungCrop(hu, spacing_mm, -100.0, Box(0, 1, 0, 1, 0, 1), 4.0, 3.0, -900.0, False)


# ---- what the network sees ----


@pytest.mark.parametrize(
    ("shape", "spacing_mm", "pixel_mm"),
    [
        ((9, 300, 400), (5, 0.7, 0.7), (0.7, 0.7)),
        ((9, 512, 512), (5, 0.7, 0.7), (0.7, 0.7)),
        ((9, 768, 1024), (5, 0.35, 0.35), (0.7, 0.7)),
        ((9, 1024, 256), (5, 0.3, 0.6), (0.6, 1.2)),
    ],
)
def test_a_pixel_of_the_input_is_the_scans_unless_the_crop_is_scaled(shape, spacing_mm, pixel_mm):
    assert input_pixel_mm(shape, spacing_mm) == pytest.approx(pixel_mm)


@pytest.mark.parametrize(
    ("pixel_mm", "text"),
    [((0.7031, 0.70312), "0.703 mm"), ((3.0, 3.0), "3 mm"), ((0.7, 1.4), "0.7 x 1.4 mm")],
)
def test_a_size_is_written_as_people_write_it(pixel_mm, text):
    assert size_text(pixel_mm) == text


# ---- what a scanner makes ----


@pytest.mark.parametrize(
    "mm",
    [
        0.16,  # 2048 over 320 mm
        0.35,  # 1024 over 360 mm, photon counting
        0.45,
        0.977,  # 512 over 500 mm
        1.27,  # 512 over 650 mm, radiotherapy planning
        1.5625,  # 512 over 800 mm
    ],
)
def test_pixels_of_scanners_are_not_remarked_on(mm):
    assert pixel_warnings((5.0, mm, mm)) == []
    assert pixel_warnings((5.0, mm, mm * 1.0001)) == []


@pytest.mark.parametrize(
    ("pixel_mm", "says"),
    [
        ((3.0, 3.0), "pixels of 3 mm are coarser than CT scanners reconstruct, 1.8 mm at most"),
        ((4.2, 4.2), "pixels of 4.2 mm are coarser"),
        ((0.05, 0.05), "pixels of 0.05 mm are finer than CT scanners reconstruct the lungs, 0.1"),
        ((0.7, 1.4), "pixels of 0.7 x 1.4 mm: a scanner's are square"),
        ((3.0, 0.8), "pixels of 3 x 0.8 mm: a scanner's are square"),
    ],
)
def test_pixels_that_no_scanner_makes_are_said(pixel_mm, says):
    (warning,) = pixel_warnings((5.0, *pixel_mm))
    assert warning.startswith(says)


# ---- resampling ----


def ramp(rows=60, columns=90):
    """A crop of 1.5 mm pixels whose HU are linear in mm along both axes, -900 at the centre."""
    y, x = ((np.arange(n) - (n - 1) / 2) * 1.5 for n in (rows, columns))
    plane = -900 + 0.5 * y[:, None] + 1.0 * x[None]
    return crop_of(
        np.rint(np.stack([plane, plane + 20, plane + 40])).astype(np.int16), (5, 1.5, 1.5)
    )


@pytest.mark.parametrize("pixel_mm", [0.5, 0.75, 1.0, 3.0])
def test_resampling_keeps_every_point_in_its_place(pixel_mm):
    crop = resampled(ramp(), pixel_mm)
    n, rows, columns = crop.hu.shape
    assert (n, crop.hu.dtype) == (3, np.int16)
    assert crop.spacing_mm == pytest.approx((5, pixel_mm, pixel_mm))
    y, x = ((np.arange(n) - (n - 1) / 2) * pixel_mm for n in (rows, columns))
    expected = -900 + 0.5 * y[:, None] + 1.0 * x[None]
    inner = (slice(4, -4), slice(4, -4))
    for offset, plane in zip((0, 20, 40), crop.hu, strict=True):
        assert np.abs(plane - expected - offset)[inner].max() <= 1.0


def test_coarser_pixels_are_averages_of_the_area():
    noise = np.random.default_rng(0).normal(-900, 60, (2, 90, 120)).astype(np.int16)
    crop = resampled(crop_of(noise, (5, 0.5, 0.5)), 1.5)
    blocks = noise.reshape(2, 30, 3, 40, 3).mean(axis=(2, 4))
    assert np.abs(crop.hu - blocks).max() <= 1.0


def test_pixels_of_both_sides_are_made_square():
    crop = resampled(crop_of(np.full((2, 60, 90), -850, np.int16), (5, 1.4, 0.35)), 0.7)
    assert crop.hu.shape == (2, 120, 45) and set(np.unique(crop.hu)) == {-850}
    assert crop.spacing_mm == pytest.approx((5, 0.7, 0.7))


def test_what_was_measured_and_the_place_of_the_slices_stay():
    before = ramp()
    after = resampled(before, 0.75)
    kept = ("bottom_mm", "box", "lungs_l", "laa950", "perc15_hu", "warnings")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]


def test_lungs_that_would_not_fit_get_the_finest_pixels_that_do():
    crop = resampled(crop_of(np.full((1, 200, 300), -850, np.int16), (5, 1.5, 1.5)), 0.7)
    assert max(crop.hu.shape) == 512
    assert crop.spacing_mm[1:] == pytest.approx((0.879, 0.879), rel=0.003)


@pytest.mark.parametrize("pixel_mm", [1.5, 1.501])
def test_a_crop_of_that_size_is_left_alone(pixel_mm):
    crop = ramp()
    assert resampled(crop, pixel_mm) is crop

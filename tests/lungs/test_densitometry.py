"""Densitometry of voxels that are counted by hand."""

import numpy as np
import pytest

from pylayers.lungs.densitometry import laa950, perc15, volume_l


def test_laa950_counts_lung_voxels_strictly_below_minus_950():
    hu = np.array([[[-951, -950, -949, -1024, -990]]], np.int16)
    mask = np.array([[[True, True, True, True, False]]])
    assert laa950(hu[mask]) == 50.0


def test_laa950_of_normal_lung_is_zero_and_of_air_is_a_hundred(chest):
    assert laa950(np.full_like(chest.hu, -860)[chest.lungs]) == 0.0
    assert laa950(np.full_like(chest.hu, -1000)[chest.lungs]) == 100.0


def test_volume_is_voxels_times_their_size_in_litres():
    mask = np.zeros((10, 20, 30), bool)
    mask[2:7, :10, :20] = True  # 1000 voxels of 5 mm3
    assert volume_l(mask, (5.0, 2.0, 0.5)) == pytest.approx(0.005)


def test_15_percent_of_the_lung_are_below_perc15():
    hu = np.arange(-1000, 0).astype(np.int16).reshape(10, 10, 10)
    mask = hu < -900
    assert perc15(hu[mask]) == pytest.approx(-1000 + 0.15 * 99)

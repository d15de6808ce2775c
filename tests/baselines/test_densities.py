"""Densities of a scan: those of a volume whose truth is known."""

import numpy as np
import pytest
from stored_cohort import crop_of, lungs_of

from tools.baselines.density_features import density_features


def test_the_coarse_features_are_those_of_the_lung_voxels_alone():
    lungs = lungs_of()
    hu = np.full(lungs.shape, 40, np.int16)
    values = np.linspace(-1000, -601, lungs.sum()).astype(np.int16)
    hu[lungs] = values
    found = density_features(crop_of(hu, lungs, (6.0, 3.0, 3.0)))
    assert found["mean_hu"] == pytest.approx(values.mean())
    assert found["median_hu"] == pytest.approx(np.median(values))
    for name, threshold in (("laa950", -950), ("laa910", -910), ("laa856", -856)):
        assert found[name] == pytest.approx(100 * (values < threshold).mean())
    assert found["lungs_l"] == pytest.approx(lungs.sum() * 54 / 1e6)
    assert [found[f"{side}_mm"] for side in ("height", "depth", "width")] == [48, 72, 90]

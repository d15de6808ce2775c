"""Densitometry: one density a scan, plain or adjusted for the breath, and a linear model of all."""

from collections.abc import Callable

import numpy as np

from tools.baselines.feature_kinds import DENSITY
from tools.baselines.fitted import Fitted
from tools.baselines.regression import chosen_ridge
from tools.baselines.split_features import LabelledFeatures, ScanFeatures
from tools.stats.adjusted_density import (
    ExpectedVolume,
    fit_breath_slope,
    fit_expected_volume,
    sponge_density,
)
from tools.stats.fits import linear_fit

Fit = Callable[[LabelledFeatures, LabelledFeatures, int], Fitted]
COARSE = ("lungs_l", "mean_hu", "median_hu", "perc15_hu", "laa950", "laa910", "laa856")


def from_one_density(
    density: Callable[[ScanFeatures], np.ndarray], train: LabelledFeatures, settings: dict
) -> Fitted:
    """Return the line from a density to the target, fitted on the training scans.

    density: function from scans to (n,). A line changes no rank; it gives the unit and the
    direction. Where the training scans have one density for all, the prediction is their mean.
    """
    x = density(train.features)
    fit = linear_fit(x, train.labels)
    if not np.isfinite(fit.coefficients).all():
        mean = float(train.labels.mean())
        return Fitted(lambda scans: np.full(len(scans), mean), settings | {"why": fit.why})
    return Fitted(lambda scans: fit.at(density(scans)), settings)


def plain(column: str) -> Fit:
    """Return the method that takes one column of the density features."""

    def fit(train: LabelledFeatures, val: LabelledFeatures, seed: int) -> Fitted:
        return from_one_density(lambda scans: scans.columns(DENSITY)[column], train, {})

    return fit


def sponge(column: str) -> Fit:
    """Return the method that brings a density to the volume that the rib cage predicts."""

    def fit(train: LabelledFeatures, val: LabelledFeatures, seed: int) -> Fitted:
        expected = expected_volume(train.features)

        def density(scans: ScanFeatures) -> np.ndarray:
            of = scans.columns(DENSITY)
            predicted_l = expected(of["width_mm"], of["depth_mm"])
            return sponge_density(of[column], of["lungs_l"], predicted_l)

        return from_one_density(density, train, volume_settings(expected))

    return fit


def fit_volume_regression(train: LabelledFeatures, val: LabelledFeatures, seed: int) -> Fitted:
    """Return Perc15 at the volume that the rib cage predicts, by regression on volume."""
    expected, at = expected_volume(train.features), train.features.columns(DENSITY)
    predicted_l = expected(at["width_mm"], at["depth_mm"])
    breath = fit_breath_slope(at["perc15_hu"], at["lungs_l"], predicted_l, train.labels)

    def density(scans: ScanFeatures) -> np.ndarray:
        of = scans.columns(DENSITY)
        predicted_l = expected(of["width_mm"], of["depth_mm"])
        return breath(of["perc15_hu"], of["lungs_l"], predicted_l)

    settings = volume_settings(expected) | {"hu_per_log_volume": breath.slope}
    return from_one_density(density, train, settings)


def expected_volume(train: ScanFeatures) -> ExpectedVolume:
    """Return what volume a rib cage is expected to hold, fitted on the training scans."""
    at = train.columns(DENSITY)
    return fit_expected_volume(at["width_mm"], at["depth_mm"], at["lungs_l"])


def volume_settings(expected: ExpectedVolume) -> dict[str, float]:
    """Return the exponents of an expected volume, for the record."""
    return {"width_exponent": expected.of_width, "depth_exponent": expected.of_depth}


def fit_coarse(train: LabelledFeatures, val: LabelledFeatures, seed: int) -> Fitted:
    """Return the linear model of volume, mean, median, Perc15 and three thresholds."""

    def table(scans: ScanFeatures) -> np.ndarray:
        columns = scans.columns(DENSITY)
        return np.stack([columns[name] for name in COARSE], axis=1)

    chosen = chosen_ridge(table(train.features), train.labels, table(val.features), val.labels)
    return Fitted(lambda scans: chosen.model.predict(table(scans)), chosen.settings)

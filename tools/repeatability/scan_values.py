"""The numbers that are compared between scans: the network's score and densities in their units."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pylayers.cohort.cohort import Cohort
from tools.baselines.density_methods import expected_volume
from tools.baselines.feature_kinds import BANDS, DENSITY
from tools.baselines.frequency_bands import normalised, soft_reference
from tools.baselines.kernel_methods import normalised_laa950, normalised_perc15
from tools.baselines.methods import LAA950, MEAN, MEAN_SPONGE, PERC15, SPONGE
from tools.baselines.split_features import ScanFeatures
from tools.stats.adjusted_density import ExpectedVolume, sponge_density

NETWORK = "scan2num"
NORMALISED_LAA950, NORMALISED_PERC15 = (
    f"{LAA950}, kernel-normalised",
    f"{PERC15}, kernel-normalised",
)
KINDS = (DENSITY, BANDS)  # of features that are read
DECIMALS = {LAA950: 2, NORMALISED_LAA950: 2}
HU_DECIMALS = 1


@dataclass(frozen=True)
class References:
    """What adjusted densities refer to, from training scans.

    expected: the volume that the rib cage predicts. soft_hu: energies of soft kernels' bands.
    """

    expected: ExpectedVolume
    soft_hu: np.ndarray


def references_of(train: ScanFeatures) -> References:
    """Return the references of the training scans, as the baselines take them."""
    energies = np.array([features["energies"] for features in train.each(BANDS)])
    return References(expected_volume(train), soft_reference(energies))


def densities(
    density: Mapping[str, np.ndarray], bands: Mapping[str, np.ndarray], references: References
) -> dict[str, float]:
    """Return a scan's densities by name: LAA-950 in percent of the lung, the others in HU.

    density, bands: its features.
    """
    mean, perc15 = float(density["mean_hu"]), float(density["perc15_hu"])
    litres, expected_l = (
        density["lungs_l"],
        references.expected(density["width_mm"], density["depth_mm"]),
    )
    lung = normalised(np.asarray(bands["bands"], np.float32), bands["energies"], references.soft_hu)
    return {
        LAA950: float(density["laa950"]),
        MEAN: mean,
        PERC15: perc15,
        MEAN_SPONGE: float(sponge_density(mean, litres, expected_l)),
        SPONGE: float(sponge_density(perc15, litres, expected_l)),
        NORMALISED_LAA950: normalised_laa950(lung),
        NORMALISED_PERC15: normalised_perc15(lung),
    }


def densities_of(cohort: Cohort, references: References) -> dict[str, dict[str, float]]:
    """Return scan_id -> densities of a cohort whose features are there."""
    features = ScanFeatures(cohort, cohort.scans)
    both = zip(cohort.scans, features.each(DENSITY), features.each(BANDS), strict=True)
    return {scan.scan_id: densities(*kinds, references) for scan, *kinds in both}

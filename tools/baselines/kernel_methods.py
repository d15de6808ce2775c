"""Densitometry of scans whose kernels are normalised to the softest of the training scans."""

from collections.abc import Callable

import numpy as np

from pylayers.lungs.densitometry import EMPHYSEMA_HU
from tools.baselines.density_methods import Fit, from_one_density
from tools.baselines.feature_kinds import BANDS
from tools.baselines.fitted import Fitted
from tools.baselines.frequency_bands import normalised, soft_reference
from tools.baselines.split_features import LabelledFeatures, ScanFeatures


def normalised_laa950(lung: np.ndarray) -> float:
    """Return the percentage of sampled lung voxels, HU (voxels,), below -950."""
    return 100 * float(np.mean(lung < EMPHYSEMA_HU))


def normalised_perc15(lung: np.ndarray) -> float:
    """Return the 15th percentile of sampled lung voxels, HU (voxels,)."""
    return float(np.percentile(lung, 15))


def kernel_normalised(density: Callable[[np.ndarray], float]) -> Fit:
    """Return the method that takes a density of the normalised lung voxels."""

    def fit(train: LabelledFeatures, val: LabelledFeatures, seed: int) -> Fitted:
        of_train = np.array([features["energies"] for features in train.features.each(BANDS)])
        reference = soft_reference(of_train)

        def densities(scans: ScanFeatures) -> np.ndarray:
            return np.array(
                [
                    density(normalised(of["bands"].astype(np.float32), of["energies"], reference))
                    for of in scans.each(BANDS)
                ]
            )

        return from_one_density(densities, train, {"reference_hu": reference.tolist()})

    return fit

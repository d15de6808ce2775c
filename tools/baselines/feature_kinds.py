"""The kinds of features that baselines are fitted on, and how each is computed from a crop."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pylayers.lungs.crop import LungCrop
from tools.baselines.coarse_volume import volume_features
from tools.baselines.density_features import density_features
from tools.baselines.frequency_bands import band_features
from tools.baselines.texture_regions import texture_features


class FeatureKind(NamedTuple):
    """of: function from a crop with its lung mask to arrays by name.

    version: raise it when the same crop gives other features; those of another are made again.
    """

    of: Callable[[LungCrop], dict[str, np.ndarray]]
    version: int


DENSITY, BANDS, TEXTURE, VOLUME = "density", "bands", "texture", "volume"

KINDS = {
    DENSITY: FeatureKind(density_features, 1),
    BANDS: FeatureKind(band_features, 1),
    TEXTURE: FeatureKind(texture_features, 1),
    VOLUME: FeatureKind(volume_features, 1),
}

"""The methods: their names, the papers they come from, what they need and how they are fitted."""

from collections.abc import Callable
from typing import NamedTuple

from tools.baselines.density_methods import (
    fit_coarse,
    fit_volume_regression,
    plain,
    sponge,
)
from tools.baselines.feature_kinds import BANDS, DENSITY, TEXTURE, VOLUME
from tools.baselines.fitted import Fitted
from tools.baselines.kernel_methods import (
    kernel_normalised,
    normalised_laa950,
    normalised_perc15,
)
from tools.baselines.split_features import LabelledFeatures
from tools.baselines.texture_methods import fit_clusters, fit_mean_region, fit_nearest
from tools.baselines.volume_net import fit_volume_net


class Method(NamedTuple):
    """One baseline.

    fit: function from the training split, the validation split and a seed. kinds: of features that
    it reads. source: where it was published; numbers in brackets are those of the paper's list.
    """

    fit: Callable[[LabelledFeatures, LabelledFeatures, int], Fitted]
    kinds: tuple[str, ...]
    source: str


LAA950, MEAN, PERC15 = "LAA-950", "mean lung density", "Perc15"
MEAN_SPONGE, SPONGE = "mean density, sponge model", "Perc15, sponge model"
VOLUME_REGRESSION = "Perc15, volume regression"
COARSE = "coarse linear model"
KERNEL_SOURCE = "Gallardo-Estrella et al. 2016"

METHODS = {
    LAA950: Method(plain("laa950"), (DENSITY,), "[5], Gevenois et al. 1996"),
    MEAN: Method(plain("mean_hu"), (DENSITY,), "densitometry"),
    PERC15: Method(plain("perc15_hu"), (DENSITY,), "Parr et al. 2008"),
    MEAN_SPONGE: Method(sponge("mean_hu"), (DENSITY,), "[7], sponge model"),
    SPONGE: Method(sponge("perc15_hu"), (DENSITY,), "[7], sponge model"),
    VOLUME_REGRESSION: Method(fit_volume_regression, (DENSITY,), "[7], Parr et al. 2008"),
    COARSE: Method(fit_coarse, (DENSITY,), "[17]"),
    "LAA-950, kernel-normalised": Method(
        kernel_normalised(normalised_laa950), (BANDS,), f"[8], {KERNEL_SOURCE}"
    ),
    "Perc15, kernel-normalised": Method(
        kernel_normalised(normalised_perc15), (BANDS,), f"[8], {KERNEL_SOURCE}"
    ),
    "texture, nearest regions": Method(fit_nearest, (TEXTURE,), "[9-14], Sorensen et al. 2012"),
    "texture, mean region": Method(fit_mean_region, (TEXTURE,), "[16], Cheplygina et al. 2014"),
    "texture, clusters": Method(fit_clusters, (TEXTURE,), "[15]"),
    "3D network, 8 mm voxels": Method(fit_volume_net, (VOLUME,), "[18], Oakden-Rayner et al. 2017"),
}
# The demo shows these.
DENSITIES = (LAA950, MEAN, PERC15, MEAN_SPONGE, SPONGE, VOLUME_REGRESSION, COARSE)

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

    option: its name on a command line. fit: function from the training split, the validation split
    and a seed. kinds: of features that it reads. source: where it was published; numbers in
    brackets are those of the paper's list.
    """

    option: str
    fit: Callable[[LabelledFeatures, LabelledFeatures, int], Fitted]
    kinds: tuple[str, ...]
    source: str


LAA950, MEAN, PERC15 = "LAA-950", "mean lung density", "Perc15"
MEAN_SPONGE, SPONGE = "mean density, sponge model", "Perc15, sponge model"
VOLUME_REGRESSION = "Perc15, volume regression"
COARSE = "coarse linear model"
KERNEL_SOURCE = "as [8]; Gallardo-Estrella et al. 2016"

METHODS = {
    LAA950: Method("laa950", plain("laa950"), (DENSITY,), "as [5]; Gevenois et al. 1996"),
    MEAN: Method("mean", plain("mean_hu"), (DENSITY,), ""),
    PERC15: Method("perc15", plain("perc15_hu"), (DENSITY,), "Parr et al. 2008"),
    MEAN_SPONGE: Method("mean-sponge", sponge("mean_hu"), (DENSITY,), "as [7]"),
    SPONGE: Method("perc15-sponge", sponge("perc15_hu"), (DENSITY,), "as [7]"),
    VOLUME_REGRESSION: Method(
        "perc15-volume", fit_volume_regression, (DENSITY,), "as [7]; Parr et al. 2008"
    ),
    COARSE: Method("coarse", fit_coarse, (DENSITY,), "as [17]"),
    "LAA-950, kernel-normalised": Method(
        "laa950-kernel", kernel_normalised(normalised_laa950), (BANDS,), KERNEL_SOURCE
    ),
    "Perc15, kernel-normalised": Method(
        "perc15-kernel", kernel_normalised(normalised_perc15), (BANDS,), KERNEL_SOURCE
    ),
    "texture, nearest regions": Method(
        "texture-nearest", fit_nearest, (TEXTURE,), "as [9-14]; Sørensen et al. 2012"
    ),
    "texture, mean region": Method(
        "texture-mean", fit_mean_region, (TEXTURE,), "as [16]; Cheplygina et al. 2014"
    ),
    "texture, clusters": Method("texture-clusters", fit_clusters, (TEXTURE,), "as [15]"),
    "3D network, 8 mm voxels": Method(
        "3d-network", fit_volume_net, (VOLUME,), "as [18]; Oakden-Rayner et al. 2017"
    ),
}
# The demo shows these, and the report before `make baselines`.
DENSITIES = (LAA950, MEAN, PERC15, SPONGE, COARSE)

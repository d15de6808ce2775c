"""Equalised histograms: each response's bins hold equally many voxels of the training scans."""

import numpy as np

from tools.baselines.feature_kinds import TEXTURE
from tools.baselines.split_features import ScanFeatures

BINS = 8  # the cube root of the voxels of a region, as Sørensen et al. (2012)
SAMPLING = 16  # every so many voxels of a training region decide on the bins


def bin_edges(train: ScanFeatures) -> np.ndarray:
    """Return the inner edges of the bins, (responses, BINS - 1): quantiles over training scans."""
    sampled = [
        features["responses"][:, ::SAMPLING].reshape(-1, features["responses"].shape[-1])
        for features in train.each(TEXTURE)
    ]
    pooled = np.concatenate(sampled).astype(np.float32)
    return np.quantile(pooled, np.arange(1, BINS) / BINS, axis=0).T


def histograms(responses: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the share of voxels in each bin, float32 (regions, responses * BINS).

    responses: (regions, voxels, responses). A value on an edge falls into the upper bin.
    """
    regions, voxels, count = responses.shape
    out = np.zeros((regions, count, BINS), np.float32)
    for response in range(count):
        values = responses[..., response].astype(np.float32)
        place = np.searchsorted(edges[response], values, side="right")
        place += BINS * np.arange(regions)[:, None]
        counted = np.bincount(place.ravel(), minlength=regions * BINS)
        out[:, response] = counted.reshape(regions, BINS) / voxels
    return out.reshape(regions, count * BINS)


def region_histograms(train: ScanFeatures, scans: ScanFeatures) -> np.ndarray:
    """Return the histograms of all regions, float32 (n, regions, responses * BINS).

    train: the scans that decide on the bins. Computed once for all methods.
    """
    edges = train.kept("bin edges", lambda: bin_edges(train))
    return scans.kept(
        ("histograms", edges.tobytes()),
        lambda: np.stack([histograms(f["responses"], edges) for f in scans.each(TEXTURE)]),
    )

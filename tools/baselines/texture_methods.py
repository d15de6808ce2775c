"""Texture: nearest regions, the mean region of a scan, and how often each kind of region occurs."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.neighbors import KNeighborsRegressor

from tools.baselines.fitted import Fitted
from tools.baselines.histograms import region_histograms
from tools.baselines.regression import chosen_ridge
from tools.baselines.split_features import LabelledFeatures, ScanFeatures
from tools.stats.fits import linear_fit

NEIGHBOURS = (5, 25, 125)  # 25 is that of Sørensen et al. (2012)
CLUSTERS = (10, 25, 50)
STARTS = 4  # of k-means


def fit_nearest(train: LabelledFeatures, val: LabelledFeatures, seed: int) -> Fitted:
    """Return the mean label of the training regions that are most like a scan's regions.

    Every region of a training scan has the scan's label; unlikeness is the sum of absolute
    differences of the histograms. The mean of many labels varies little from scan to scan: a line
    fitted on the validation split brings it back to the unit.
    """
    regions = region_histograms(train.features, train.features)
    labels = np.repeat(train.labels, regions.shape[1])
    index = KNeighborsRegressor(metric="manhattan", algorithm="brute")
    index.fit(regions.reshape(-1, regions.shape[-1]), labels)
    most = min(max(NEIGHBOURS), len(labels))

    def nearest_labels(scans: ScanFeatures) -> np.ndarray:
        """Labels of the nearest regions, the nearest first, (n, regions, most)."""
        of_scans = region_histograms(train.features, scans)
        flat = of_scans.reshape(-1, of_scans.shape[-1])
        places = index.kneighbors(flat, most, return_distance=False)
        return labels[places].reshape(*of_scans.shape[:2], most)

    val_labels, best = nearest_labels(val.features), None
    for count in NEIGHBOURS:
        line = linear_fit(val_labels[..., :count].mean(axis=(1, 2)), val.labels)
        if not line.r2 > 0 or line.coefficients[1] <= 0:
            continue
        error = 1 - line.r2
        if best is None or error < best[0]:
            best = error, count, line
    if best is None:  # nothing like the labels in validation: the plain mean of neighbours
        return Fitted(lambda scans: nearest_labels(scans).mean(axis=(1, 2)), {"neighbours": most})
    _, count, line = best
    return Fitted(
        lambda scans: line.at(nearest_labels(scans)[..., :count].mean(axis=(1, 2))),
        {"neighbours": count},
    )


def fit_mean_region(train: LabelledFeatures, val: LabelledFeatures, seed: int) -> Fitted:
    """Return the linear model of a scan's mean histogram: multiple instances by averaging."""

    def table(scans: ScanFeatures) -> np.ndarray:
        return region_histograms(train.features, scans).mean(axis=1)

    chosen = chosen_ridge(table(train.features), train.labels, table(val.features), val.labels)
    return Fitted(lambda scans: chosen.model.predict(table(scans)), chosen.settings)


def fit_clusters(train: LabelledFeatures, val: LabelledFeatures, seed: int) -> Fitted:
    """Return the linear model of how often each cluster of regions occurs in a scan."""
    regions = region_histograms(train.features, train.features)
    flat = regions.reshape(-1, regions.shape[-1])

    def shares(clusters: KMeans, scans: ScanFeatures) -> np.ndarray:
        of_scans = region_histograms(train.features, scans)
        found = clusters.predict(of_scans.reshape(-1, of_scans.shape[-1]))
        found = found.reshape(of_scans.shape[:2])
        return np.stack([(found == k).mean(axis=1) for k in range(clusters.n_clusters)], axis=1)

    best = None
    for count in CLUSTERS:
        clusters = KMeans(min(count, len(flat)), n_init=STARTS, random_state=seed).fit(flat)
        chosen = chosen_ridge(
            shares(clusters, train.features),
            train.labels,
            shares(clusters, val.features),
            val.labels,
        )
        if best is None or chosen.val_error < best[1].val_error:
            best = clusters, chosen
    clusters, chosen = best
    settings = chosen.settings | {"clusters": clusters.n_clusters}
    return Fitted(lambda scans: chosen.model.predict(shares(clusters, scans)), settings)

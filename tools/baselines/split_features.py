"""What a baseline is fitted on and applied to: features of scans, with labels only in training."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from pylayers.cohort.cohort import Cohort, CohortScan
from tools.baselines.feature_files import read_features


@dataclass(frozen=True)
class ScanFeatures:
    """The features of n scans of a cohort, read from its folder when they are asked for.

    results: what several methods compute of them alike, see kept().
    """

    cohort: Cohort
    scans: Sequence[CohortScan]
    results: dict[Hashable, np.ndarray] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.scans)

    def each(self, kind: str) -> Iterator[dict[str, np.ndarray]]:
        """Yield the features of one kind scan after scan; CohortError for a missing file."""
        for scan in self.scans:
            yield read_features(self.cohort, kind, scan)

    def columns(self, kind: str) -> dict[str, np.ndarray]:
        """Return features that are single numbers by name, (n,) each."""
        rows = list(self.each(kind))
        return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}

    def kept(self, name: Hashable, make: Callable[[], np.ndarray]) -> np.ndarray:
        """Return what `make` returned when a result of that name was first asked for."""
        if name not in self.results:
            self.results[name] = make()
        return self.results[name]


@dataclass(frozen=True)
class LabelledFeatures:
    """Features with the label of each scan, (n,), in the target's reported unit."""

    features: ScanFeatures
    labels: np.ndarray


def labelled_features(cohort: Cohort, split: str, target: str) -> LabelledFeatures:
    """Return a split's scans that have a label; CohortError when there is none."""
    scans = cohort.labelled(split, target)
    labels = np.array([scan.labels[target] for scan in scans])
    return LabelledFeatures(ScanFeatures(cohort, scans), labels)

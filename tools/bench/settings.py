"""Settings: what one run of the benchmark measures with."""

from dataclasses import asdict, dataclass
from pathlib import Path

TARGET = "fev1fvc"
SEED = 1
# A rate at which the weights stay where they are: the speed of MAX pooling depends on the data.
# The arithmetic is that of any other rate.
LR = 1e-6
MOMENTUM, WEIGHT_DECAY = 0.9, 0.0005


@dataclass(frozen=True)
class Settings:
    """cohort: prepared cohort to load from. folder: for what is made on the way.

    slices: per scan. batch: scans a training step. threads: of every engine. workers: of the
    loader while training. gpu: None is the CPU. quick: few rounds. quiet: no progress.
    """

    cohort: Path
    folder: Path
    slices: int
    batch: int
    threads: int
    workers: int
    gpu: int | None
    quick: bool
    quiet: bool

    def rounds(self, usual: int) -> int:
        """Return how many rounds to make, of what is usually made so often."""
        return 3 if self.quick else usual

    def limit_s(self, usual: float) -> float:
        """Return after how long no round begins, where it usually is so long."""
        return usual / 6 if self.quick else usual

    def described(self) -> dict:
        """Return the parameters for bench.json."""
        kept = asdict(self)
        del kept["folder"], kept["quiet"]
        return kept | {"cohort": self.cohort.name, "lr": LR, "target": TARGET}

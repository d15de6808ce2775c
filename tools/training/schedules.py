"""Schedules: what a run changes of the hand-written prototxts."""

from dataclasses import dataclass, replace

from pylayers.errors import UsageError


@dataclass(frozen=True)
class Schedule:
    """The numbers of a training; None leaves what solver.prototxt says.

    iterations: max_iter. interval: of validation and snapshots. display: of the training loss.
    slices, batch: of TRAIN. test_slices: of validation, test and scoring. split_batch: in how many
    parts a batch goes through the net, one after the other, for the same update with less memory.
    UsageError when the parts are not equal.
    """

    slices: int = 16
    test_slices: int = 16
    batch: int = 16
    iterations: int | None = None
    interval: int | None = None
    display: int | None = None
    split_batch: int = 1

    def __post_init__(self) -> None:
        if self.batch % self.split_batch:
            raise UsageError(
                f"--split-batch {self.split_batch}: a batch of {self.batch} scans does not split "
                "into so many equal parts"
            )


SCHEDULES = {
    # the paper's, as prototxt/ has it
    "paper": Schedule(),
    # some minutes on two cores: for the same arithmetic, one slice each of as many scans as the
    # paper has in an iteration teaches more than several; validated and scored with 16 a scan
    "demo": Schedule(slices=1, batch=16, iterations=1200, interval=100, display=1),
    # an evening on two cores for all three targets: make reproduce
    "reproduce": Schedule(slices=1, batch=16, iterations=4000, interval=400, display=10),
}


# what a command line may change of a schedule
CHANGEABLE = ("slices", "batch", "split_batch", "iterations", "interval")


def with_overrides(name: str, numbers: dict[str, int]) -> Schedule:
    """Return the schedule of that name with other numbers, some of CHANGEABLE.

    UsageError for an unknown name or a number below 1. `slices` sets those of test as well.
    """
    if name not in SCHEDULES:
        raise UsageError(f"schedule {name!r} is not one of {', '.join(SCHEDULES)}")
    schedule = replace(SCHEDULES[name], **changes_in(numbers))
    if schedule.iterations and schedule.interval and schedule.iterations % schedule.interval:
        raise UsageError(
            f"--iterations {schedule.iterations} is not a multiple of --interval "
            f"{schedule.interval}: the last weights would not be validated"
        )
    return schedule


def changes_in(numbers: dict[str, int]) -> dict[str, int]:
    """Return what numbers change of a schedule; UsageError for one below 1."""
    changes = dict(numbers)
    for key, value in changes.items():
        if value < 1:
            raise UsageError(f"--{key.replace('_', '-')} {value} is below 1")
    if "slices" in changes:
        changes["test_slices"] = changes["slices"]
    return changes

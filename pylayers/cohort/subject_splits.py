"""A subject's scans stay in one split, or a network is tested on those it was trained on."""

from pylayers.errors import CohortError


class SubjectSplits:
    """The split of each subject that has one."""

    def __init__(self):
        self.first: dict[str, tuple[str, str]] = {}

    def check(self, subject_id: str, split: str, where: str) -> None:
        """Take note of a scan's split, blank for none; CohortError when the subject has another."""
        if not split:
            return
        known, there = self.first.setdefault(subject_id, (split, where))
        if known != split:
            raise CohortError(
                f"{where}: subject_id {subject_id} has split {split} here and {known} in {there}; "
                "a subject's scans stay in one split"
            )

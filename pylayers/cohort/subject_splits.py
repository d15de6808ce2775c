"""A subject's scans stay in one split; else a network is tested on subjects it was trained on."""

from pylayers.errors import CohortError


class SubjectSplits:
    """The split of each subject that has one."""

    def __init__(self) -> None:
        self.first: dict[str, tuple[str, str]] = {}

    def check(self, subject_id: str, split: str, where: str) -> None:
        """Record a scan's split, blank for none; CohortError when its subject has another."""
        if not split:
            return
        known, other = self.first.setdefault(subject_id, (split, where))
        if known != split:
            raise CohortError(
                f"{where}: subject_id {subject_id} has split {split} here and {known} in {other}; "
                "a subject's scans stay in one split"
            )

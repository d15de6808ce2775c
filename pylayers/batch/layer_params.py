"""The strict `param_str` of the data layer: JSON with exactly the keys of LayerParams."""

import json
from dataclasses import asdict, dataclass, fields

from pylayers.cohort.cohort import SPLITS
from pylayers.cohort.own_targets import NAME
from pylayers.errors import UsageError


@dataclass(frozen=True)
class LayerParams:
    """The settings of a data layer; every key is required.

    cohort: folder of a prepared cohort, e.g. "build/phantom/cohort".
    split: "train", "val" or "test".
    target: "ve", "fev1fvc", "fev1pp" or one that the cohort declares.
    slices: slices per scan, e.g. 16.
    batch: scans per batch, e.g. 16.
    seed: of the order and the augmentation, >= 0, e.g. 1.
    """

    cohort: str
    split: str
    target: str
    slices: int
    batch: int
    seed: int

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is not field.type:  # a bool is not an int here
                raise UsageError(
                    f"param_str: {field.name} {value!r} is not of type {field.type.__name__}"
                )
        if not NAME.fullmatch(self.target):  # whether the cohort has it, Loader finds out
            raise UsageError(f"param_str: target {self.target!r} is no name of a target")
        if self.split not in SPLITS:
            raise UsageError(f"param_str: split {self.split!r} is not one of {', '.join(SPLITS)}")
        for name, low in (("slices", 1), ("batch", 1), ("seed", 0)):
            if getattr(self, name) < low:
                raise UsageError(f"param_str: {name} {getattr(self, name)} is below {low}")

    def to_json(self) -> str:
        """Return the param_str that parse() reads back."""
        return json.dumps(asdict(self))


def parse(param_str: str) -> LayerParams:
    """Read a param_str; UsageError names the key that is unknown, missing or out of range."""
    try:
        content = json.loads(param_str)
    except json.JSONDecodeError as error:
        raise UsageError(f"param_str is not JSON: {error}: {param_str!r}") from None
    if not isinstance(content, dict):
        raise UsageError(f"param_str is not a JSON object: {param_str!r}")
    known = {field.name for field in fields(LayerParams)}
    if unknown := sorted(content.keys() - known):
        raise UsageError(f"param_str: unknown key {unknown[0]!r}; the keys are {sorted(known)}")
    if missing := sorted(known - content.keys()):
        raise UsageError(f"param_str: missing key {missing[0]!r}")
    return LayerParams(**content)

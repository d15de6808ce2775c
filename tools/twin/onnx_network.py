"""ONNX network: an ONNX twin in ONNX Runtime, and what the file says of itself."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pylayers.batch.stack import SIDE
from pylayers.errors import WeightsError
from pylayers.files.checkout import relative

KEY = "scan2num"  # of the model's metadata: JSON, see twin_facts.py
MOST_BYTES = 1 << 30  # the network has 30 MB
FATAL = 4  # of ONNX Runtime's log, whose errors are raised as well


class OnnxNetwork:
    """A twin on the CPU; slices: of a scan; facts: what its metadata say.

    WeightsError, which says what is wrong, for a file that is none.
    """

    def __init__(self, path: Path) -> None:
        # slow to import, and only there where it was asked for
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads()
        options.log_severity_level = FATAL
        try:
            # from bytes: such a model cannot name other files
            self.session = onnxruntime.InferenceSession(
                content_of(path), options, providers=["CPUExecutionProvider"]
            )
        except WeightsError:
            raise
        except Exception as error:  # ONNX Runtime's own kinds, which it does not name
            raise unusable(path, f"{type(error).__name__} in ONNX Runtime") from None
        try:
            self.facts = json.loads(self.session.get_modelmeta().custom_metadata_map[KEY])
            self.slices = int(self.facts["slices"])
        except (KeyError, TypeError, ValueError):
            raise unusable(path, "it does not say what it was trained on") from None
        inputs = [(one.name, one.shape[1:], one.type) for one in self.session.get_inputs()]
        outputs = self.session.get_outputs()
        if inputs != [("data", [1, SIDE, SIDE], "tensor(float)")] or len(outputs) != 1:
            raise unusable(path, "it takes something else than slices")
        if not 1 <= self.slices <= SIDE:
            raise unusable(path, f"it scores {self.slices} slices")

    def forward(
        self, stack: np.ndarray, beside: Mapping[str, np.ndarray] | None = None
    ) -> np.ndarray:
        """Return each slice's score, float32 (n, 1), in the network's unit.

        stack: network input, float32 (n, 1, 512, 512). beside: nothing, as no variant has a twin.
        """
        return self.session.run(None, {"data": stack})[0]


def content_of(path: Path) -> bytes:
    """Return the bytes of a model; WeightsError when there are none or far too many."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise unusable(path, "it is too large")
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"there is no {relative(path)} that can be read ({error.strerror}); "
            "`make export TARGET=...` writes one from a trained run"
        ) from None


def unusable(path: Path, why: str) -> WeightsError:
    """Return the error for a file that is no twin of ours."""
    return WeightsError(
        f"{relative(path)} is no ONNX twin that `make export TARGET=...` wrote: {why}"
    )


def threads() -> int:
    """Return how many threads compute: OMP_NUM_THREADS as for Caffe, by default all cores."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    return int(said) if said.isdecimal() and int(said) else len(os.sched_getaffinity(0))


def version() -> str:
    """Return the version of ONNX Runtime."""
    import onnxruntime

    return onnxruntime.__version__

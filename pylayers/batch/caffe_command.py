"""The command line of the `caffe train` that runs us: where a resumed training goes on.

Caffe restores weights, momentum and iteration from a snapshot, but does not tell a data layer: the
data would start anew. So the layer reads Caffe's own command line.
"""

from pathlib import Path

from caffe.proto import caffe_pb2
from google.protobuf import text_format
from google.protobuf.message import DecodeError


def first_batch() -> int:
    """Return the number of the first training batch of this process; 0 unless it resumes."""
    return batch_to_resume(Path("/proc/self/cmdline").read_bytes().decode().split("\0")[:-1])


def batch_to_resume(command: list[str]) -> int:
    """Return how many batches a training had taken before the snapshot that `command` names.

    The solver takes iter_size batches an iteration. RuntimeError when the snapshot or the solver
    cannot be read.
    """
    if not command or Path(command[0]).name != "caffe" or "train" not in command:
        return 0
    snapshot = flag(command, "snapshot")
    if not snapshot:
        return 0
    state, solver = caffe_pb2.SolverState(), caffe_pb2.SolverParameter()
    try:
        state.ParseFromString(Path(snapshot).read_bytes())
        text_format.Parse(Path(flag(command, "solver")).read_text(encoding="utf-8"), solver)
    except (OSError, UnicodeDecodeError, DecodeError, text_format.ParseError) as error:
        raise RuntimeError(f"cannot resume from {snapshot}: {error}") from None
    return state.iter * solver.iter_size


def flag(command: list[str], name: str) -> str:
    """Return the last value of a gflags option, as --name=value, --name value or with one dash."""
    value = ""
    for word, following in zip(command, [*command[1:], ""], strict=True):
        option, equals, text = word.partition("=")
        if option in (f"--{name}", f"-{name}"):
            value = text if equals else following
    return value

"""How a training ended: finished, stopped by a signal, or failed and why."""

import re
import signal

from pylayers.command_line.exit_codes import TrainingStopped
from pylayers.files.checkout import relative
from tools.caffe_run.caffe_log import last_error
from tools.caffe_run.caffe_process import CaffeProcess
from tools.training.disk_space import free_mb, is_full
from tools.training.run_folder import FINISHED, STOPPED, RunFolder

# of CUDA's runtime; of cuDNN and cuBLAS
GPU_FULL = re.compile("cudaSuccess.*out of memory|STATUS_ALLOC_FAILED")


class Diverged(TrainingStopped):
    """The loss is no longer a number: going on would end there again."""


def end_of_training(caffe: CaffeProcess, folder: RunFolder, best_iteration: int | None) -> str:
    """Return FINISHED or STOPPED, as a Caffe that has ended by itself or by a signal came to it.

    best_iteration: of the best weights, if any. Raises TrainingStopped when Caffe failed, or made
    no validation.
    """
    log = f"(log: {relative(folder.log)})"
    if caffe.stopping and caffe.process.returncode == -signal.SIGINT:
        return STOPPED  # before Caffe knew what to do about the signal, or after its last iteration
    if caffe.process.returncode != 0:
        raise TrainingStopped(f"{failure(caffe, folder)} {log}")
    if caffe.stopping:
        return STOPPED
    if best_iteration is None:
        raise TrainingStopped(f"no validation was made before the last iteration {log}")
    return FINISHED


def failure(caffe: CaffeProcess, folder: RunFolder) -> str:
    """Return the sentence about a Caffe that ended by itself."""
    code = caffe.process.returncode
    if code == -signal.SIGKILL:
        return "caffe was killed, as when memory runs out"
    full = f"the disk is full ({free_mb(folder)} MB are free): " if is_full(folder) else ""
    error = last_error(caffe.added())
    hint = ""
    if GPU_FULL.search(error):
        hint = "; where a GPU does not hold a batch, TRAIN_OPTIONS='--split-batch 2 --restart'"
        hint += " trains the same with half the memory"
    return f"{full}caffe failed: {error}{hint}"

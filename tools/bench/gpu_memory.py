"""The memory in use on a GPU."""

import subprocess
import threading
from typing import Self

EVERY_S = 0.2


def used_mib(gpu: int) -> int:
    """Return the memory in use on a GPU, MiB, of whatever runs there."""
    command = ["nvidia-smi", f"--id={gpu}", "--query-gpu=memory.used"]
    command += ["--format=csv,noheader,nounits"]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


class Peak:
    """Within, polls the memory in use; `mib` is the maximum, None without a GPU."""

    def __init__(self, gpu: int | None) -> None:
        self.gpu, self.mib, self.done = gpu, None, threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self.done.wait(EVERY_S):
            self.mib = max(self.mib or 0, used_mib(self.gpu))

    def __enter__(self) -> Self:
        if self.gpu is not None:
            self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        if self.gpu is not None:
            self.thread.join()

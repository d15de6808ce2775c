"""DICOM codecs: compressed pixels (JPEG, JPEG-LS, JPEG 2000), decoded by GDCM in a child process.

Codecs trust the size that a damaged stream states: they may take all memory, hang or crash. The
child has limits on memory and computing time, and its end only refuses the scan. A machine without
memory, or too busy to compute at all, is not the scan's fault: that is a MachineError. This file is
also the child's program; it prints each slice's size, then its HU as int32.
"""

import mmap
import os
import resource
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence

import numpy as np

MOST_BYTES = 3 << 30  # address space; a slice of 1100 x 1100 takes a thousandth
ROOM_BYTES = 1 << 27  # that a machine must have left for a slice to be called damaged
SLICE_S = 20  # of computing; a slice takes some hundredths
WAIT_S = 600  # for a slice on a machine that is busy with others
MOST_VOXELS = 1 << 24  # of one slice
SIZE = struct.Struct("<q")
READY, DAMAGED, NO_ROOM = 0x600D, -1, -2  # in place of a size


def decoded(paths: Sequence[str | os.PathLike[str]]) -> Iterator[np.ndarray]:
    """Yield the HU of compressed DICOM slices, int32 1D; ValueError for one that is damaged.

    Raises MachineError when the child is stopped from outside or finds no memory.
    """
    if not paths:
        return
    child = subprocess.Popen(
        [sys.executable, "-I", __file__, *map(str, paths)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # codecs print what the refusal says in one line
    )
    try:
        if size_from(child) != READY:
            raise failure_of(child, "did not start")
        for _ in paths:
            count = size_from(child)
            if count == NO_ROOM:
                raise failure_of(child, "found too little memory")
            if count == DAMAGED:
                raise ValueError("the codec gave up")
            if count is None:
                raise death_of(child)
            if not 0 <= count <= MOST_VOXELS:
                raise ValueError("the codec claims too many voxels")
            data = child.stdout.read(4 * count)
            if len(data) < 4 * count:
                raise death_of(child)
            yield np.frombuffer(data, np.int32)
    finally:
        child.kill()
        child.stdout.close()
        child.wait()


def size_from(child: subprocess.Popen) -> int | None:
    """Return the next number that the child says; None when it is gone."""
    size = child.stdout.read(SIZE.size)
    return SIZE.unpack(size)[0] if len(size) == SIZE.size else None


def death_of(child: subprocess.Popen) -> Exception:
    """Return what a child's end means: a damaged stream, or the machine's failure."""
    code = child.wait()
    if code == -signal.SIGALRM:
        return failure_of(child, f"got too little of the processor for {WAIT_S} s")
    if code == -signal.SIGKILL:
        return failure_of(child, "was killed, as when memory runs out")
    if code == -signal.SIGPROF:
        return ValueError("the codec hangs")
    return ValueError("the codec broke off") if has_room() else failure_of(child, "found no memory")


def failure_of(child: subprocess.Popen, why: str) -> Exception:
    """Return the machine's failure."""
    from pylayers.errors import MachineError  # the child cannot import it

    return MachineError(
        f"the decoder of compressed DICOM {why}; the scan may be whole: try again with fewer "
        "workers or on a larger machine"
    )


def has_room() -> bool:
    """Return whether the machine still gives this process memory for a slice."""
    try:
        mmap.mmap(-1, ROOM_BYTES).close()
    except (OSError, MemoryError):
        return False
    return True


def decode(paths: Sequence[str]) -> None:
    """Write the HU of each file to stdout."""
    import SimpleITK as sitk

    limits = resource.getrlimit(resource.RLIMIT_AS)
    most = min([MOST_BYTES, *(limit for limit in limits if limit != resource.RLIM_INFINITY)])
    resource.setrlimit(resource.RLIMIT_AS, (most, limits[1]))
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    say(READY)
    for path in paths:
        signal.alarm(WAIT_S)  # ends the process, and so does the next
        signal.setitimer(signal.ITIMER_PROF, SLICE_S)
        try:
            reader = sitk.ImageFileReader()
            reader.SetImageIO("GDCMImageIO")
            reader.SetFileName(path)
            hu = np.rint(sitk.GetArrayFromImage(reader.Execute())).astype(np.int32)
        except Exception:  # ITK raises anything on hostile bytes
            del reader
            say(DAMAGED if has_room() else NO_ROOM)
            return
        say(hu.size, hu.tobytes())


def say(size: int, data: bytes = b"") -> None:
    """Write a number, then bytes."""
    sys.stdout.buffer.write(SIZE.pack(size) + data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    decode(sys.argv[1:])
    os._exit(0)

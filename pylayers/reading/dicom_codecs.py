"""DICOM codecs: compressed pixels (JPEG, JPEG-LS, JPEG 2000), decoded by GDCM in a child process.

Codecs believe what a damaged stream says of its size: they may take all memory, hang or crash. The
child has limits on memory and time, and its end is no more than a refused scan. This file is
also the child's program; it prints each slice's size, then its HU as int32.
"""

import os
import resource
import signal
import struct
import subprocess
import sys

import numpy as np

MOST_BYTES = 3 << 30  # address space; a slice of 1100 x 1100 takes a thousandth
SLICE_S = 20  # a slice takes some hundredths
MOST_VOXELS = 1 << 24  # of one slice
SIZE = struct.Struct("<q")


def decoded(paths):
    """Yield the HU of compressed DICOM slices, int32 1D; ValueError for one that is damaged."""
    child = subprocess.Popen(
        [sys.executable, "-I", __file__, *map(str, paths)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # codecs print what the refusal says in one line
    )
    try:
        for _ in paths:
            size = child.stdout.read(SIZE.size)
            count = SIZE.unpack(size)[0] if len(size) == SIZE.size else -1
            if not 0 <= count <= MOST_VOXELS:
                raise ValueError("the codec gave up")
            data = child.stdout.read(4 * count)
            if len(data) < 4 * count:
                raise ValueError("the codec broke off")
            yield np.frombuffer(data, np.int32)
    finally:
        child.kill()
        child.stdout.close()
        child.wait()


def decode(paths) -> None:
    """Write the HU of each file to stdout."""
    import SimpleITK as sitk

    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    for path in paths:
        signal.alarm(SLICE_S)  # ends the process
        reader = sitk.ImageFileReader()
        reader.SetImageIO("GDCMImageIO")
        reader.SetFileName(path)
        hu = np.rint(sitk.GetArrayFromImage(reader.Execute())).astype(np.int32)
        sys.stdout.buffer.write(SIZE.pack(hu.size) + hu.tobytes())
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    decode(sys.argv[1:])
    os._exit(0)

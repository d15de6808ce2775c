"""The least that scoring a scan can cost: start, imports, reading the file, one pass of the net.

usage: scan_floor.py SCAN TWIN SLICES THREADS   SCAN: a file, or the folder of a DICOM series.

A program of its own, which imports nothing of ours. It finds no lungs and chooses no slices: the
slices that it scores are blank, and its number is none.
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
import SimpleITK as sitk


def main(scan: str, twin: str, slices: str, threads: str) -> None:
    """Read a scan, load a network, pass some slices through it."""
    if Path(scan).is_dir():
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(scan))
        image = reader.Execute()
    else:
        image = sitk.ReadImage(scan)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)  # as score_scan has; its own default may be fewer
    session = onnxruntime.InferenceSession(twin, options, providers=["CPUExecutionProvider"])
    (data,) = session.get_inputs()
    stack = np.zeros((int(slices), *data.shape[1:]), np.float32)
    scores = session.run(None, {data.name: stack})[0]
    print(*image.GetSize(), len(scores))


if __name__ == "__main__":
    main(*sys.argv[1:])

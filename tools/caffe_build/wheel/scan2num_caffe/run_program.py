"""Runs Caffe's program, `caffe`, inside this interpreter: a venv need not have a libpython.

libcaffe_program.so is Caffe's tools/caffe.cpp, unedited. Its `main` gets the command line.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

LIBRARY = Path(__file__).with_name("libcaffe_program.so")


def find_layers_in_current_folder() -> None:
    """Let modules of Python layers lie in the current folder, which is searched last of all.

    The folder of the script `caffe` is not searched. With -P or PYTHONSAFEPATH neither is.
    """
    if not sys.flags.safe_path:
        sys.path[:1] = []
        sys.path.append(os.getcwd())


def main() -> int:
    """Run `caffe` with sys.argv and return its exit code."""
    find_layers_in_current_folder()
    # As from a shell: Ctrl-C ends `caffe`, until `caffe train` puts its own handler in place.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    words = [os.fsencode(word) for word in sys.argv]
    argv = (ctypes.c_char_p * (len(words) + 1))(*words)  # ends with NULL
    # PyDLL holds the interpreter's lock all the time, which Caffe takes for granted.
    return ctypes.PyDLL(str(LIBRARY)).main(len(words), argv)

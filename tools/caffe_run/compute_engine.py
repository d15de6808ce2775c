"""Whose layers compute in Caffe on a CPU: oneDNN's, from the plug-in, or Caffe's own."""

import ctypes
import os
import sys
from pathlib import Path

from tools.caffe_build.onednn_plugin import CAFFE, LIBRARY, ONEDNN
from tools.caffe_run.caffe_install import import_caffe

CHOICE = "SCAN2NUM_ENGINE"  # onednn or caffe; read by Caffe's program and module when they start
PLUGIN = Path(sys.prefix) / LIBRARY


def onednn_version() -> str | None:
    """Return the version of the oneDNN that computes in this process; None for Caffe's own layers.

    Imports Caffe.
    """
    import_caffe()
    try:
        plugin = ctypes.CDLL(str(PLUGIN), mode=os.RTLD_NOLOAD)
    except OSError:
        return None
    plugin.scan2num_onednn_version.restype = ctypes.c_char_p
    return plugin.scan2num_onednn_version().decode()


def engine_in_use() -> str:
    """Return the engine of this process, which is that of Caffe's program too: onednn or caffe."""
    return ONEDNN if onednn_version() else CAFFE

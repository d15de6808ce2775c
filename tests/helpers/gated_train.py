"""tools/train.py, but its Caffe comes to a gate; told to stop, it is let go on."""

import os
import sys

from pylayers.command_line.exit_codes import run
from tests.helpers.gate import FOLDER, Gate
from tools import train
from tools.caffe_run.caffe_process import CaffeProcess

stop = CaffeProcess.stop


def stop_and_open(self):
    stop(self)  # Caffe has the signal before it can see that the gate is open
    Gate(os.environ[FOLDER]).open()


CaffeProcess.stop = stop_and_open

if __name__ == "__main__":
    sys.exit(run(train.main))

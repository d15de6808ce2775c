"""What a worker process of the data layer does: read, augment and window scans into shared memory.

Started by pylayers/batch/prefetch.py with the numbers of its connection, of the memory and of
a file that holds the loader.
"""

import math
import os
import pickle
import sys
import traceback
from multiprocessing.connection import Connection

from pylayers.batch.shared_slots import Answer, slot_count, slots_in, stack_shape
from pylayers.child_process import end_with_parent

NICE = 10  # Caffe's threads go first: each batch has been ordered well before it is due


def serve(connection: Connection, memory: int, loader_file: int) -> None:
    """Fill the slot of each sample that comes and answer with its label, until the end."""
    with open(loader_file, "rb") as file:
        file.seek(0)  # both sides share the position
        loader = pickle.load(file)
    slots = slot_count(loader)
    stacks = slots_in(memory, (slots, *stack_shape(loader)))
    while True:
        for sample in connection.recv():
            try:
                label = float(loader.fill_scan(sample, stacks[sample % slots]))
                answer = Answer(sample, label)
            except Exception as error:  # of any kind: it belongs into Caffe's log
                answer = Answer(sample, math.nan, sentence_of(error, loader.scan_id(sample)))
            connection.send(answer)


def sentence_of(error: Exception, scan_id: str) -> str:
    """Return a line about what went wrong with a scan."""
    if type(error) is RuntimeError:  # the loader's own sentence
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    file = os.path.basename(place.filename)
    return f"scan {scan_id}: {type(error).__name__} in {file}:{place.lineno}: {error}"


if __name__ == "__main__":
    end_with_parent()
    os.nice(NICE)
    try:
        serve(Connection(int(sys.argv[1])), *map(int, sys.argv[2:]))
    except (EOFError, ConnectionError):
        sys.exit(0)  # the other side closed or is gone

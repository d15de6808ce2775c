"""Python imports this at its start where this folder is on PYTHONPATH: Caffe comes to a gate.

The points are "train N" and "test N": a data layer is about to hand out its batch N, the first
being 0.
"""

from pathlib import Path

if Path(Path("/proc/self/cmdline").read_text().split("\0")[0]).name == "caffe":
    from pylayers.batch.prefetch import Prefetched
    from tests.helpers.gate import come_to

    hand_out = Prefetched.next

    def gated(self, *tops):
        come_to(f"{'train' if self.loader.train else 'test'} {self.index}")
        hand_out(self, *tops)

    Prefetched.next = gated

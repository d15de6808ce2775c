"""A child that runs the same deploy net in ONNX Runtime. Runs in the rivals' Python."""

import numpy as np
import onnxruntime

from tools.bench.same_results import relative_difference
from tools.bench.serve import seconds_each, serve
from tools.twin.onnx_graph import onnx_graph


class OnnxEngine:
    """Operations of one session."""

    def load(self, deploy: list[dict], arrays: str, gpu: int | None, threads: int) -> None:
        """Build the session; arrays is the file that the Caffe engine wrote.

        RuntimeError when a GPU is asked for and this ONNX Runtime has none.
        """
        self.reference = dict(np.load(arrays))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        provider = "CPUExecutionProvider"
        if gpu is not None:
            provider = ("CUDAExecutionProvider", {"device_id": gpu})
            if provider[0] not in onnxruntime.get_available_providers():
                raise RuntimeError("this ONNX Runtime is built for the CPU only")
        graph = onnx_graph(deploy, self.reference, self.reference["data"].shape[1:])
        self.session = onnxruntime.InferenceSession(
            graph.SerializeToString(), options, providers=[provider]
        )

    def agreement(self) -> float:
        """Return the relative difference of the scores from Caffe's."""
        return relative_difference(self.reference["scores"], self._pass())

    def forward(self, warm: int, count: int) -> float:
        """Return the seconds of a pass."""

        def passes(count: int) -> None:
            for _ in range(count):
                self._pass()

        return seconds_each(passes, warm, count)

    def version(self) -> str:
        """Return ONNX Runtime's version."""
        return onnxruntime.__version__

    def _pass(self) -> np.ndarray:
        return self.session.run(None, {"data": self.reference["data"]})[0]


if __name__ == "__main__":
    engine = OnnxEngine()
    names = ("load", "agreement", "forward", "version")
    serve({name: getattr(engine, name) for name in names})

"""What a build of Caffe with CUDA adds to one for the CPU: CMake's options, cache key, record."""

from dataclasses import dataclass
from pathlib import Path

from tools.caffe_build import cache_key, caffe_source
from tools.caffe_build.cuda import architectures, pinned_toolkit, toolkit

HERE = Path(__file__).parent
COMPILED = ("caffe_cuda.cmake", *(f"compat/{path.name}" for path in HERE.glob("compat/*")))
CPU_ONLY = {"cuda": False}
NONE, SYSTEM = "0", "1"
CHOICES = (NONE, SYSTEM, *toolkit.PINNED)


@dataclass(frozen=True)
class Variant:
    """A toolkit, and the architectures to compile for."""

    toolkit: toolkit.Toolkit
    architectures: list[int]

    def defines(self) -> dict[str, object]:
        """Return the options that CMake needs."""
        return {
            "CUDA": "ON",
            "CMAKE_CUDA_COMPILER": self.toolkit.nvcc,
            "CMAKE_CUDA_HOST_COMPILER": cache_key.COMPILER,
            "CMAKE_CUDA_ARCHITECTURES": architectures.for_cmake(self.architectures),
            "CUDAToolkit_ROOT": self.toolkit.root,
            "CUDNN_INCLUDE": self.toolkit.cudnn_include,
        }

    def record(self) -> dict:
        """Return the variant's part of share/scan2num-caffe.json."""
        return {
            "cuda": True,
            "cuda_toolkit": self.toolkit.cuda_version(),
            "cudnn": self.toolkit.cudnn_version(),
            "cuda_archs": self.architectures,
            "nccl": False,
        }

    def inputs(self) -> dict:
        """Return everything the build depends on; the folder too, since libcaffe points there."""
        files = {name: caffe_source.sha256_of(HERE / name) for name in COMPILED}
        return {**self.record(), "toolkit": str(self.toolkit.root), "cuda_files": files}


def of_record(record: dict) -> Variant | None:
    """Return the variant of a build's record; None is the CPU."""
    if not record["cuda"]:
        return None
    return Variant(toolkit.at(Path(record["inputs"]["toolkit"])), record["cuda_archs"])


def choose(cuda: str, archs: str, cache: Path) -> Variant | None:
    """Return the variant that CUDA=0, 1, 12 or 13 and CUDA_ARCHS stand for; None is the CPU.

    Raises ToolkitError or ArchitectureError.
    """
    if cuda == NONE:
        return None
    used = toolkit.of_this_machine() if cuda == SYSTEM else pinned_toolkit.ensure(cache, cuda)
    return Variant(used, architectures.choose(archs, architectures.known_to(used.nvcc)))

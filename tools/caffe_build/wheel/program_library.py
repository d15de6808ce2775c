"""Builds Caffe's program as a library, libcaffe_program.so, into the machine's cache."""

from pathlib import Path

from tools.caffe_build import (
    build_caffe,
    cache_key,
    caffe_cache,
    caffe_source,
    cmake_run,
    onednn_plugin,
)

HERE = Path(__file__).parent
NAME = "libcaffe_program.so"
PLUGIN_LOADER = onednn_plugin.HERE / "load_plugin.cpp"


def ensure_built(cache: Path, caffe: Path) -> Path:
    """Return the cache's folder with the library and Caffe's LICENSE, building it if missing.

    `caffe` is the cache's folder of the Caffe that it is linked to. Raises SourceError or
    BuildError.
    """
    loader = PLUGIN_LOADER if (caffe / onednn_plugin.LIBRARY).exists() else None
    inputs = {
        "caffe": caffe.name,
        "files": [
            caffe_source.sha256_of(path) for path in (HERE / "CMakeLists.txt", loader) if path
        ],
    }
    name = f"wheel-{cache_key.key_of(inputs)}"
    log = cache / f"{name}.log"

    def build(entry: Path, scratch: Path) -> None:
        source = caffe_source.unpack(caffe_source.fetch(cache), scratch)
        defines = {
            "CAFFE_SOURCE": source,
            "CAFFE_BUILT": caffe,
            "CAFFE_VERSION": build_caffe.CAFFE_VERSION,
            "PLUGIN_LOADER": loader or "",
            "CMAKE_INSTALL_PREFIX": entry,
        }
        cmake_run.build(HERE, scratch / "build", defines, log, "caffe-wheel: compiling")

    return caffe_cache.get_or_build(cache, name, build)

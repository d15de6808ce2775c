"""oneDNN's layers as part of a build of Caffe: which engine to build, CMake's option, cache key."""

import subprocess

from tools.caffe_build import cache_key, caffe_source

HERE = cache_key.HERE / "onednn"
LIBRARY = "lib/libcaffe_onednn.so"
ONEDNN, CAFFE = "onednn", "caffe"
ENGINES = (ONEDNN, CAFFE)


class EngineError(Exception):
    """The engine that was asked for cannot be built here; the message says what to do."""


def choose(engine: str | None) -> str:
    """Return the engine to build; None stands for oneDNN where its headers are.

    Raises EngineError when oneDNN is asked for and not installed.
    """
    if engine == CAFFE or _headers_are_installed():
        return engine or ONEDNN
    if engine == ONEDNN:
        raise EngineError(
            "oneDNN is not installed (on Debian and Ubuntu it is the package libdnnl-dev)"
        )
    print(
        "caffe: oneDNN is not installed (the package libdnnl-dev), so Caffe's own layers compute; "
        "on a CPU they take two to three times as long"
    )
    return CAFFE


def inputs(engine: str) -> dict:
    """Return everything that the engine adds to what a build depends on."""
    if engine == CAFFE:
        return {"engine": CAFFE}
    files = sorted(path for path in HERE.iterdir() if path.suffix in (".cpp", ".hpp", ".cmake"))
    return {
        "engine": ONEDNN,
        "onednn_files": {path.name: caffe_source.sha256_of(path) for path in files},
        "onednn_packages": cache_key.package_versions(HERE / "debian-packages.txt"),
    }


def defines(engine: str) -> dict[str, object]:
    """Return the option that CMake needs."""
    return {"ONEDNN": "ON" if engine == ONEDNN else "OFF"}


def of_record(record: dict) -> str:
    """Return the engine of a build's record; older builds have only Caffe's own layers."""
    return record.get("engine", CAFFE)


def _headers_are_installed() -> bool:
    command = [cache_key.COMPILER, "-x", "c++", "-fsyntax-only", "-include", "dnnl.hpp", "-"]
    try:
        return subprocess.run(command, input=b"", capture_output=True).returncode == 0
    except FileNotFoundError:  # the build itself will say so
        return False

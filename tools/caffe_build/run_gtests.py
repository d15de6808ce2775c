"""Builds Caffe's own tests against the Caffe in this venv and runs them.

gtests/CMakeLists.txt lists the tests. With oneDNN's layers they run twice: on Caffe's own, and on
those. The programs are kept in the cache; all other arguments are passed to them, for example
--gtest_filter='*Pooling*'.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.caffe_build import (
    build_caffe,
    cache_key,
    caffe_cache,
    caffe_source,
    cmake_run,
    onednn_plugin,
)
from tools.caffe_build.cuda import variant

GTESTS = cache_key.HERE / "gtests"
FILES = [GTESTS / name for name in ("CMakeLists.txt", "tests_cuda.cmake", "onednn_layers.hpp")]
PROGRAMS = ("test_caffe", "test_onednn")
NOT_ON_A_CPU = "--gtest_filter=-*GPU*"  # upstream leaves out the same in a CPU build


def ensure_built(cache: Path) -> Path:
    """Return the cache's folder with the programs and their data, building it first if missing."""
    record = build_caffe.installed_record(Path(sys.prefix))
    cuda, engine = variant.of_record(record), onednn_plugin.of_record(record)
    built = build_caffe.ensure_built(cache, cuda, engine)
    inputs = {
        "caffe": built.name,
        "files": [caffe_source.sha256_of(path) for path in FILES],
        "packages": cache_key.package_versions(GTESTS / "debian-packages.txt"),
    }
    name = f"gtests-{cache_key.key_of(inputs)}"
    log = cache / f"{name}.log"

    def build(entry: Path, scratch: Path) -> None:
        print(f"caffe: building Caffe's own tests, once per machine; log: {log}")
        source = caffe_source.unpack(caffe_source.fetch(cache), scratch)
        defines = {
            "CAFFE_SOURCE": source,
            "CAFFE_BUILT": built,
            "CMAKE_INSTALL_PREFIX": entry,
            **(cuda.defines() if cuda else {}),
            **onednn_plugin.defines(engine),
        }
        cmake_run.build(GTESTS, scratch / "build", defines, log, "caffe: compiling tests")

    return caffe_cache.get_or_build(cache, name, build)


def main(argv: list[str] | None = None) -> int:
    """Build the tests, run them in the folder with their data; return their exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    _, test_options = parser.parse_known_args(argv)
    try:
        entry = ensure_built(cache_key.cache_folder())
    except (caffe_source.SourceError, cmake_run.BuildError) as error:
        print(error, file=sys.stderr)
        return 1
    cuda = build_caffe.installed_record(Path(sys.prefix))["cuda"]
    # Of two filters the later one wins.
    options = [*([] if cuda else [NOT_ON_A_CPU]), *test_options]
    programs = [entry / name for name in PROGRAMS if (entry / name).exists()]
    with tempfile.TemporaryDirectory(prefix="scan2num-gtests-") as scratch:
        env = {**os.environ, "TMPDIR": scratch}
        codes = [subprocess.run([p, *options], cwd=entry, env=env).returncode for p in programs]
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())

"""Installs genuine BVLC Caffe into the venv of the Python that runs this.

It is built from the pinned source on first use and kept in the cache; after that it is only copied:
bin/caffe, lib/libcaffe.so, the plug-in with oneDNN's layers, the `caffe` package, and
share/scan2num-caffe.json, the build's record.
"""

import argparse
import json
import sys
import sysconfig
import time
from pathlib import Path

from tools.caffe_build import cache_key, caffe_cache, caffe_source, cmake_run, onednn_plugin
from tools.caffe_build.cuda import architectures, toolkit, variant

RECORD = "share/scan2num-caffe.json"
CAFFE_VERSION = "1.0.0"
LIBRARIES = ("lib/libcaffe.so.1.0.0", "lib/libcaffe.so")


def python_subdir() -> str:
    """Return site-packages relative to the venv's root: lib/python3.11/site-packages."""
    return str(Path(sysconfig.get_path("platlib")).relative_to(sys.prefix))


def compile_flags(build_folder: Path) -> str:
    """Return the definitions and flags that libcaffe was compiled with, as CMake wrote them."""
    lines = (build_folder / "CMakeFiles/caffe.dir/flags.make").read_text().splitlines()
    values = dict(line.split(" = ", 1) for line in lines if " = " in line)
    flags = f"{values['CXX_DEFINES']} {values['CXX_FLAGS']}".replace(
        f"{cache_key.HERE}/", ""
    ).split()
    return " ".join(flag for flag in flags if not flag.startswith("-ffile-prefix-map"))


def ensure_built(cache: Path, cuda: variant.Variant | None, engine: str) -> Path:
    """Return the cache's folder of this Caffe, building it first if it is missing.

    `cuda` is None for the CPU, `engine` one of onednn_plugin.ENGINES. Raises SourceError or
    BuildError.
    """
    inputs = (
        cache_key.caffe_inputs()
        | (cuda.inputs() if cuda else variant.CPU_ONLY)
        | onednn_plugin.inputs(engine)
    )
    key = cache_key.key_of(inputs)
    log = cache / f"caffe-{key}.log"

    def build(entry: Path, scratch: Path) -> None:
        print(
            f"caffe: building from source, once per machine; this takes a few minutes; log: {log}"
        )
        source = caffe_source.unpack(caffe_source.fetch(cache), scratch)
        defines = {
            "CAFFE_SOURCE": source,
            "CAFFE_VERSION": CAFFE_VERSION,
            "PYTHON_SUBDIR": python_subdir(),
            "CMAKE_INSTALL_PREFIX": entry,
            **(cuda.defines() if cuda else {}),
            **onednn_plugin.defines(engine),
        }
        start = time.monotonic()
        cmake_run.build(cache_key.HERE, scratch / "build", defines, log, "caffe: compiling")
        sha256, commit = caffe_source.read_pin()
        record = {
            "caffe_version": CAFFE_VERSION,
            "caffe_commit": commit,
            "sdist_sha256": sha256,
            "flags": compile_flags(scratch / "build"),
            **(cuda.record() if cuda else variant.CPU_ONLY),
            "engine": engine,
            "compile_minutes": round((time.monotonic() - start) / 60, 1),
            "key": key,
            "inputs": inputs,
        }
        (entry / RECORD).parent.mkdir(parents=True, exist_ok=True)
        (entry / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")

    return caffe_cache.get_or_build(cache, f"caffe-{key}", build)


def installed_record(prefix: Path) -> dict:
    """Return the record of the Caffe installed in `prefix`; of a CPU build when it has none."""
    path = prefix / RECORD
    return variant.CPU_ONLY | (json.loads(path.read_text("utf-8")) if path.exists() else {})


def main(argv: list[str] | None = None) -> int:
    """Build if needed, install and report. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--cached-only", action="store_true", help="build into the cache, install nothing"
    )
    parser.add_argument(
        "--cuda",
        choices=variant.CHOICES,
        default=variant.NONE,
        help="0: for the CPU; 1: with the CUDA of this machine; 12, 13: with a pinned CUDA",
    )
    parser.add_argument("--archs", default="", help="GPU architectures, such as '61 90'")
    parser.add_argument(
        "--engine",
        choices=onednn_plugin.ENGINES,
        help="whose layers compute on a CPU (default: onednn, where it is installed)",
    )
    args = parser.parse_args(argv)
    if sys.prefix == sys.base_prefix:
        print("caffe: run this with .venv/bin/python (`make setup` does)", file=sys.stderr)
        return 2
    try:
        cache = cache_key.cache_folder()
        engine = onednn_plugin.choose(args.engine)
        entry = ensure_built(cache, variant.choose(args.cuda, args.archs, cache), engine)
    except onednn_plugin.EngineError as error:
        print(f"error: {error}; `make setup ENGINE=caffe` does without", file=sys.stderr)
        return 2
    except (toolkit.ToolkitError, architectures.ArchitectureError) as error:
        print(f"error: {error}; `make setup CUDA=0` goes back to the CPU", file=sys.stderr)
        return 2
    except (caffe_source.SourceError, cmake_run.BuildError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ncaffe: stopped; no partial build is left behind, `make setup` starts again")
        return 130
    if not args.cached_only:
        plugin = (onednn_plugin.LIBRARY,) if engine == onednn_plugin.ONEDNN else ()
        if not plugin:
            (Path(sys.prefix) / onednn_plugin.LIBRARY).unlink(missing_ok=True)
        # The record comes last: where it exists, everything else does too.
        parts = (*LIBRARIES, *plugin, "bin/caffe", f"{python_subdir()}/caffe", RECORD)
        caffe_cache.install(entry, Path(sys.prefix), parts)
        print(f"caffe: installed into {Path(sys.prefix).name} from {entry}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

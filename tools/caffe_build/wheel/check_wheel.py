"""Checks a wheel of Caffe in an empty venv, as people use it: import, train, stop, resume.

Needs Python with venv, pip's network, and this file with check/ beside it; nothing of the product.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

CHECK = Path(__file__).parent / "check"
LAST, STOP = 40, 15  # iterations: max_iter of check_solver.prototxt; where Ctrl-C comes
TIMEOUT_S = 600
# Prints Caffe's version, and where the process has Caffe's own libraries from.
IMPORT = """\
import caffe
print(caffe.__version__)
for path in sorted({line.split()[-1] for line in open("/proc/self/maps") if ".so" in line}):
    print(path)
"""
OURS = ("libcaffe", "libboost", "libprotobuf", "libglog", "libgflags", "libopenblas", "libdnnl")
PLUGIN = "scan2num_caffe/libcaffe_onednn.so"  # in the wheel where the engine is built
BY_ENGINE = "Convolution by oneDNN"  # what the program then logs


class CheckFailed(Exception):
    """The wheel does not work; the message says what happened, with the output."""


def run(command: list[object], folder: Path, code: int = 0, **environment: str) -> str:
    """Run with an almost empty environment and return all output.

    Raises CheckFailed where the exit code is another one.
    """
    words = [str(word) for word in command]
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "TMPDIR": str(folder)} | environment
    done = subprocess.run(
        words,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
    )
    if done.returncode != code:
        raise CheckFailed(f"{done.stdout}\n`{' '.join(words)}` ended with {done.returncode}")
    return done.stdout


def install(wheel: Path, venv: Path, pip: list[str]) -> None:
    """Make an empty venv and install the wheel by pip, with the shell's settings of pip.

    Raises CheckFailed.
    """
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pip, wheel]
    for words in ([sys.executable, "-m", "venv", venv], [venv / "bin/python", *install]):
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise CheckFailed(f"{done.stdout}\nthe wheel could not be installed in an empty venv")


def check_import(venv: Path, folder: Path, engine: bool) -> None:
    """Import caffe: the wheel's libraries are in use, no others; `engine`: the plug-in is, too.

    Raises CheckFailed.
    """
    version, *paths = run([venv / "bin/python", "-c", IMPORT], folder).splitlines()
    used = [Path(path) for path in paths if Path(path).name.startswith(OURS)]
    elsewhere = [path for path in used if venv not in path.parents]
    if version != "1.0.0" or not used or elsewhere:
        raise CheckFailed(f"`import caffe` gives {version} and takes {elsewhere or 'no libraries'}")
    if engine != any(path.name == Path(PLUGIN).name for path in used):
        raise CheckFailed(f"`import caffe` does not take {PLUGIN}, which the wheel has")


def check_program(venv: Path, folder: Path) -> None:
    """Look at what `caffe` says, and how it ends, without a training. Raises CheckFailed."""
    caffe = venv / "bin/caffe"
    version = run([caffe, "--version"], folder).strip()
    if version != "caffe version 1.0.0":
        raise CheckFailed(f"`caffe --version` says {version!r}")
    usage = run([caffe], folder)
    if "train or finetune a model" not in usage or "-sigint_effect" not in usage:
        raise CheckFailed(f"`caffe` alone says {usage!r}")
    run([caffe, "train", "--solver", "no.prototxt"], folder, code=-6)  # a failed CHECK aborts
    broken = (folder / "check_net.prototxt").read_text().replace("StripeLayer", "NoLayer")
    (folder / "broken.prototxt").write_text(broken)
    told = run([caffe, "time", "--model", "broken.prototxt"], folder, code=1)
    if "AttributeError" not in told:
        raise CheckFailed(f"a Python layer that does not exist gives {told!r}")


def check_training(venv: Path, folder: Path, engine: bool) -> tuple[float, float]:
    """Train without and with a stop by Ctrl-C in between; return the first and the last loss.

    Raises CheckFailed where a resumed training does not give the same bytes, or where the engine
    is not in use though the wheel has it.
    """
    caffe, weights = venv / "bin/caffe", folder / f"stripe_iter_{LAST}.caffemodel"
    train = [caffe, "train", "--solver", "check_solver.prototxt"]
    told = run(train, folder)
    losses = [float(loss) for loss in re.findall(r"Iteration \d+.*, loss = (\S+)", told)]
    whole = weights.read_bytes()
    weights.unlink()
    state = folder / f"stripe_iter_{STOP}.solverstate"
    (folder / "stop_at").write_text(str(STOP))
    run(train, folder)
    (folder / "stop_at").unlink()
    if not state.exists() or weights.exists():
        raise CheckFailed(f"Ctrl-C in iteration {STOP} did not stop the training with a snapshot")
    run([*train, "--snapshot", state.name], folder)
    if weights.read_bytes() != whole:
        raise CheckFailed("the resumed training gave other weights than the one without a stop")
    if not losses or losses[-1] > losses[0] / 10:
        raise CheckFailed(f"the training did not learn: its losses are {losses}")
    if engine != (BY_ENGINE in told):
        raise CheckFailed(f"{told}\n`caffe train` {'lacks' if engine else 'has'} {BY_ENGINE!r}")
    test = [caffe, "test", "--model", "check_net.prototxt", "--weights", weights.name]
    if BY_ENGINE in run([*test, "--iterations", "2"], folder, SCAN2NUM_ENGINE="caffe"):
        raise CheckFailed("SCAN2NUM_ENGINE=caffe does not leave the engine out")
    return losses[0], losses[-1]


def check_installed(wheel: Path, venv: Path, folder: Path) -> str:
    """Check the wheel that is installed in a venv; return a line that sums up the results.

    `folder` is made for the files. Raises CheckFailed.
    """
    folder.mkdir()
    for path in CHECK.glob("check_*"):
        (folder / path.name).write_bytes(path.read_bytes())
    with zipfile.ZipFile(wheel) as archive:
        engine = PLUGIN in archive.namelist()
    check_import(venv, folder, engine)
    check_program(venv, folder)
    first, last = check_training(venv, folder, engine)
    return (
        f"{wheel.name} works in an empty venv: import, program, training with Python layers "
        f"(loss {first:.2g} to {last:.2g}), stop and resume to the same bytes; "
        f"{'layers of oneDNN' if engine else 'its own layers'}"
    )


def main(argv: list[str] | None = None) -> int:
    """Print one line; return 0, or 1 when something does not work."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("wheel", type=Path, help="the .whl")
    parser.add_argument(
        "pip", nargs="*", help="further words for pip install, such as numpy==1.26.4"
    )
    args = parser.parse_args(argv)
    wheel = args.wheel.absolute()
    with tempfile.TemporaryDirectory(prefix="scan2num-wheel-") as scratch:
        folder = Path(scratch).resolve()
        try:
            install(wheel, folder / "venv", args.pip)
            print(f"caffe-wheel: {check_installed(wheel, folder / 'venv', folder / 'work')}")
        except CheckFailed as error:
            print(f"caffe-wheel: check failed.\n{error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

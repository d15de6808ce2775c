"""What pip reads of the wheel: name, version, what it needs, its tag, the command `caffe`."""

import sys

NAME = "scan2num-caffe"
FOLDER = NAME.replace("-", "_")  # of its own package, and the stem of other names in a wheel
PROGRAM = f"caffe = {FOLDER}.run_program:main"
# What pycaffe imports; caffe_pb2.py is made for protobuf 4.21, _caffe.so for numpy 1.23.
NEEDS = (
    "numpy>=1.23",
    "protobuf>=4.21",
    "scikit-image",
    "scipy",
    "six",
    'pydot; extra == "draw"',
)
SUMMARY = "Genuine BVLC Caffe 1.0, unedited, for current Pythons (CPU)"
DESCRIPTION = """\
BVLC Caffe (master, commit {commit}), built from its unedited
source for a current Python: pycaffe as `caffe`, and the program `caffe`, on the CPU, with layers in
Python. The libraries that it needs are inside. It has no HDF5, LMDB, LevelDB and OpenCV, and so
none of the layers that read those.

Packaged by the scan2num project, not by BVLC. Caffe's licence and those of the libraries are in
`licenses/` beside this text.
"""


def version(caffe_version: str, commit: str) -> str:
    """Return the wheel's version, 1.0.0+g9b89154: Caffe's, and the commit it was built from."""
    return f"{caffe_version}+g{commit[:7]}"


def python_tag() -> str:
    """Return the tag of the Python that runs this, such as cp311."""
    return f"cp{sys.version_info.major}{sys.version_info.minor}"


def texts(caffe_version: str, commit: str, licences: list[str]) -> dict[str, str]:
    """Return the files of the wheel's .dist-info folder by name, without RECORD.

    `licences` are the names of the files in its folder licenses/.
    """
    tag = python_tag()
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    fields = [
        "Metadata-Version: 2.4",
        f"Name: {NAME}",
        f"Version: {version(caffe_version, commit)}",
        f"Summary: {SUMMARY}",
        "License: BSD-2-Clause, and those of the libraries inside",
        *(f"License-File: {name}" for name in licences),
        f"Requires-Python: =={python}.*",
        "Provides-Extra: draw",
        *(f"Requires-Dist: {need}" for need in NEEDS),
        "Description-Content-Type: text/markdown",
    ]
    wheel = [
        "Wheel-Version: 1.0",
        "Generator: scan2num",
        "Root-Is-Purelib: false",
        f"Tag: {tag}-{tag}-linux_x86_64",  # until auditwheel knows better
    ]
    return {
        "METADATA": "\n".join([*fields, "", DESCRIPTION.format(commit=commit)]),
        "WHEEL": "\n".join([*wheel, ""]),
        "entry_points.txt": f"[console_scripts]\n{PROGRAM}\n",
    }

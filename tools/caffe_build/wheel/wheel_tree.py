"""Lays out what goes into the wheel, as a folder that `wheel pack` takes.

caffe/             pycaffe, with _caffe.so
scan2num_caffe/    libcaffe, the engine's plug-in where it is built, the program as a library
*.dist-info/       what pip reads, and licences
"""

import shutil
import subprocess
from pathlib import Path

from tools.caffe_build import build_caffe, onednn_plugin
from tools.caffe_build.wheel import library_licences, program_library, wheel_metadata

HERE = Path(__file__).parent
OURS = wheel_metadata.FOLDER
MODULE = "caffe/_caffe.so"


def binaries(caffe: Path, program: Path) -> dict[str, Path]:
    """Return the libraries of our own by their place in the wheel.

    `caffe` and `program` are the folders of the cache with Caffe and with the program as a library.
    """
    beside = [caffe / build_caffe.LIBRARIES[0], program / program_library.NAME]
    plugin = caffe / onednn_plugin.LIBRARY
    beside += [plugin] if plugin.exists() else []
    module = caffe / build_caffe.python_subdir() / MODULE
    return {MODULE: module} | {f"{OURS}/{path.name}": path for path in beside}


def rpath(place: str) -> str:
    """Return where a library at this place looks for those of our own.

    auditwheel adds the folder with the others.
    """
    return f"$ORIGIN/../{OURS}" if place == MODULE else "$ORIGIN"


def write_tree(tree: Path, caffe: Path, program: Path, patchelf: Path) -> list[Path]:
    """Fill the folder `tree` and return the distribution's libraries that auditwheel will add.

    Raises LicenceError.
    """
    record = build_caffe.installed_record(caffe)
    ours = binaries(caffe, program)
    libraries = library_licences.linked_libraries(list(ours.values()))

    modules = caffe / build_caffe.python_subdir() / "caffe"
    shutil.copytree(modules, tree / "caffe", ignore=shutil.ignore_patterns("__pycache__"))
    (tree / OURS).mkdir()
    for module in sorted((HERE / OURS).glob("*.py")):
        shutil.copy(module, tree / OURS)
    shutil.copy(caffe / build_caffe.RECORD, tree / OURS / "build.json")
    for place, path in ours.items():
        shutil.copy(path, tree / place)
        # RPATH rather than RUNPATH: another libcaffe on LD_LIBRARY_PATH must not win over ours.
        command = [patchelf, "--force-rpath", "--set-rpath", rpath(place), tree / place]
        subprocess.run(command, check=True)

    licences = {"LICENSE": (program / "LICENSE").read_bytes()}
    licences |= library_licences.licences(libraries)
    version = wheel_metadata.version(record["caffe_version"], record["caffe_commit"])
    info = tree / f"{OURS}-{version}.dist-info"
    (info / "licenses").mkdir(parents=True)
    for name, text in licences.items():
        (info / "licenses" / name).write_bytes(text)
    texts = wheel_metadata.texts(record["caffe_version"], record["caffe_commit"], sorted(licences))
    for name, text in texts.items():
        (info / name).write_text(text, encoding="utf-8")
    return libraries

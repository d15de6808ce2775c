"""Which of the distribution's libraries go into the wheel, and the licences of their packages."""

import re
import subprocess
from pathlib import Path

DOC = Path("/usr/share/doc")
# What every manylinux system has: auditwheel leaves these out.
ON_EVERY_SYSTEM = re.compile(r"lib(c|m|dl|rt|pthread|util|stdc\+\+|gcc_s|z|expat)\.so\.|ld-linux")
LINKED = re.compile(r"^\s*(\S+) => (/\S+) \(", re.MULTILINE)
HASH = re.compile(r"-[0-9a-f]{8}$")


class LicenceError(Exception):
    """A library's licence cannot be found; the message names the library."""


def linked_libraries(files: list[Path]) -> list[Path]:
    """Return the libraries that the files are linked to, but for those that every system has."""
    told = subprocess.run(["ldd", *files], capture_output=True, text=True, check=True).stdout
    found = {
        Path(path)
        for name, path in LINKED.findall(told)
        if path.startswith(("/lib", "/usr/lib")) and not ON_EVERY_SYSTEM.match(name)
    }
    return sorted(found)


def package_of(library: Path) -> str:
    """Return the distribution's package with this library; LicenceError where none has it."""
    # With merged /usr a package may own the file under either name.
    for path in (library, library.resolve()):
        for name in (str(path), f"/usr{path}", str(path).removeprefix("/usr")):
            done = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True)
            if done.returncode == 0:
                return done.stdout.partition(":")[0]
    raise LicenceError(f"no package of this system has {library}, so its licence is not known")


def source_of(package: str) -> str:
    """Return the source package of a package: boost1.74 of libboost-thread1.74.0."""
    command = ["dpkg-query", "-W", "-f", "${source:Package}\n", package]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return told.splitlines()[0]  # a package of two architectures has two lines


def licences(libraries: list[Path]) -> dict[str, bytes]:
    """Return the texts of the libraries' licences by the name of their file, SOURCE.txt.

    Raises LicenceError.
    """
    texts = {}
    for library in libraries:
        package = package_of(library)
        path = DOC / package / "copyright"
        if not path.exists():
            raise LicenceError(f"{path} is missing: the licence of {library} must go along")
        texts[f"{source_of(package)}.txt"] = path.read_bytes()
    return texts


def stems(names: list[str]) -> set[str]:
    """Return names without version and hash: libglog of libglog-1a2b3c4d.so.1."""
    return {HASH.sub("", name.partition(".")[0]) for name in names}


def unlicensed(inside: list[str], libraries: list[Path]) -> set[str]:
    """Return what lies in a wheel's folder of libraries and is not one of `libraries`."""
    return (
        stems(inside)
        - stems([path.name for path in libraries])
        - stems([path.resolve().name for path in libraries])
    )

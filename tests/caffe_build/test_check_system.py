"""Where set-up goes on and where it stops with one sentence, on made-up systems."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ROOT

BUILD = ROOT / "tools/caffe_build"
PROGRAMS = ("bash", "cat", "dirname", "env", "mktemp", "rm", "sed", "tail", "tr", "uname")
TESTED = "Debian 12, Debian 13 or Ubuntu 24.04"


@dataclass
class System:
    """A PATH of few programs, an os-release, and a log of what apt-get was called with."""

    folder: Path

    @property
    def calls(self) -> list[str]:
        """apt-get's arguments, a line a call."""
        log = self.folder / "apt-get.log"
        return log.read_text().splitlines() if log.exists() else []

    def add(self, name: str, script: str) -> None:
        """Put a program on the PATH, in the place of a link to the machine's own."""
        program = self.folder / "bin" / name
        program.unlink(missing_ok=True)
        program.write_text(f"#!/usr/bin/env bash\n{script}\n")
        program.chmod(0o755)

    def run(self, script: str, *arguments: object) -> subprocess.CompletedProcess:
        """Run a script of tools/caffe_build with this PATH alone."""
        return subprocess.run(
            [BUILD / script, *map(str, arguments)],
            env={"PATH": str(self.folder / "bin")},
            capture_output=True,
            text=True,
            check=False,
        )

    def check(self) -> subprocess.CompletedProcess:
        """Run the check; the made-up Python is there when one was added."""
        return self.run("check_system.sh", self.folder / "os-release", self.folder / "bin/python3")


@pytest.fixture
def make_system(tmp_path):
    """A function that makes up a system: os-release's values, dpkg's architecture, Python."""

    def make(values, architecture="amd64", python=None, candidate=None, apt=True):
        system = System(tmp_path)
        (tmp_path / "bin").mkdir()
        for name in PROGRAMS:
            (tmp_path / "bin" / name).symlink_to(shutil.which(name))
        lines = [f'{name}="{value}"\n' for name, value in values.items()]
        (tmp_path / "os-release").write_text("".join(lines))
        if apt:
            system.add("id", "echo 0")
            system.add("apt-get", f'echo "$@" >> {tmp_path}/apt-get.log')
            system.add("dpkg-query", "exit 1")  # nothing is installed
            system.add("dpkg", f"echo {architecture}")
            system.add("apt-cache", f"printf 'python3:\\n  Candidate: {candidate or '(none)'}\\n'")
        if python:
            system.add("python3", f"echo {python}")
        return system

    return make


def os_release(name, distribution, version=None, like=None):
    values = {"PRETTY_NAME": name, "ID": distribution, "VERSION_ID": version, "ID_LIKE": like}
    return {key: value for key, value in values.items() if value}


DEBIAN_12 = os_release("Debian GNU/Linux 12 (bookworm)", "debian", "12")
DEBIAN_13 = os_release("Debian GNU/Linux 13 (trixie)", "debian", "13")
NOBLE = os_release("Ubuntu 24.04.3 LTS", "ubuntu", "24.04", "debian")
JAMMY = os_release("Ubuntu 22.04.5 LTS", "ubuntu", "22.04", "debian")
MINT = os_release("Linux Mint 22.1", "linuxmint", "22.1", "ubuntu debian")
TESTING = os_release("Debian GNU/Linux forky/sid", "debian")


@pytest.mark.parametrize("values", [DEBIAN_12, DEBIAN_13, NOBLE])
@pytest.mark.parametrize("python", [None, "3.11", "3.12", "3.13", "3.14"])
def test_the_tested_systems_pass_without_a_word(values, python, make_system):
    done = make_system(values, python=python).check()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("values", [MINT, TESTING, {"PRETTY_NAME": "Devuan", "ID": "devuan"}])
def test_a_system_that_is_like_them_goes_on_with_a_note(values, make_system):
    done = make_system(values, python="3.13").check()
    assert (done.returncode, done.stderr) == (0, "")
    tested = "Debian 12, Debian 13, Ubuntu 24.04 are"
    name = values["PRETTY_NAME"]
    assert done.stdout == f"setup: {name} is not tested ({tested}); going on\n"


@pytest.mark.parametrize(
    ("values", "options", "reason"),
    [
        (
            os_release("Fedora Linux 43", "fedora", "43"),
            {"apt": False},
            "apt-get, which Fedora Linux 43 does not have",
        ),
        (DEBIAN_12, {"architecture": "arm64"}, "an x86-64 system and this one is arm64"),
        # Raspberry Pi OS has a 64-bit kernel below 32-bit programs
        (DEBIAN_13, {"architecture": "armhf"}, "an x86-64 system and this one is armhf"),
        (JAMMY, {"python": "3.10"}, "Python 3.11 to 3.14 and Ubuntu 22.04.5 LTS has 3.10"),
        (JAMMY, {"candidate": "3.10.6-1~22.04.1"}, "and Ubuntu 22.04.5 LTS has 3.10"),
        (
            TESTING,
            {"python": "3.15"},
            "Python 3.11 to 3.14 and Debian GNU/Linux forky/sid has 3.15",
        ),
        (MINT, {"python": "2.7"}, "Python 3.11 to 3.14 and Linux Mint 22.1 has 2.7"),
    ],
)
def test_where_it_cannot_work_one_sentence_says_why_and_what_to_do(
    values, options, reason, make_system
):
    done = make_system(values, **options).check()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert reason in done.stderr
    assert TESTED in done.stderr


def test_without_an_os_release_the_kernel_is_named(make_system):
    system = make_system({}, apt=False)
    (system.folder / "os-release").unlink()
    before = Path(shutil.which("uname")).stat()
    system.add("uname", "echo Darwin")
    assert "apt-get, which Darwin does not have" in system.check().stderr
    assert Path(shutil.which("uname")).stat() == before  # that of the machine


def test_packages_are_installed_where_they_are_missing(make_system):
    system = make_system(DEBIAN_12, python="3.11")
    done = system.run("install_debian_packages.sh", BUILD / "debian-packages.txt")
    assert done.returncode == 0, done.stderr
    assert system.calls[0] == "-q update"
    assert system.calls[1].startswith("-q install -y --no-install-recommends cmake g++ make ")


def test_nothing_is_installed_when_the_refreshed_lists_name_an_unfit_python(make_system):
    system = make_system(JAMMY, candidate="3.10.6-1~22.04.1")
    # copies that look at the made-up system, since this machine's Python is fit
    for name in ("install_debian_packages.sh", "check_system.sh"):
        text = (BUILD / name).read_text(encoding="utf-8")
        text = text.replace(":-/etc/os-release}", f":-{system.folder}/os-release}}")
        system.add(name, text.replace(":-/usr/bin/python3}", f":-{system.folder}/bin/python3}}"))
    script = system.folder / "bin/install_debian_packages.sh"
    done = system.run(script, BUILD / "debian-packages.txt")
    assert done.returncode == 2
    assert "Ubuntu 22.04.5 LTS has 3.10" in done.stderr
    assert system.calls == ["-q update"]


def test_a_user_who_may_not_install_is_told_whom_to_ask(make_system):
    system = make_system(DEBIAN_12, python="3.11")
    system.add("id", "echo 1000")
    done = system.run("install_debian_packages.sh", BUILD / "debian-packages.txt")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "ask someone who may to run `apt-get install cmake g++" in done.stderr
    assert system.calls == []


def test_packages_that_can_be_done_without_are_no_error(make_system):
    system = make_system(DEBIAN_12, python="3.11")
    system.add("id", "echo 1000")
    packages = BUILD / "onednn/debian-packages.txt"
    done = system.run("install_debian_packages.sh", "--optional", packages)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

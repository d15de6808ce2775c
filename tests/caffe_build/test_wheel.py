"""The wheel of Caffe: what it holds and says, and that it works without anything else."""

import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

from tools.caffe_build import build_caffe, onednn_plugin
from tools.caffe_build.wheel import (
    check_wheel,
    library_licences,
    make_wheel,
    program_library,
    wheel_metadata,
    wheel_tree,
)
from tools.caffe_build.wheel.scan2num_caffe import run_program
from tools.caffe_run.caffe_install import build_info

ROOM = ROOT / "tools/caffe_build/wheel"
TOOLS = ROOT / "build/wheel-tools/bin"
COMMIT = "9b891540183ddc834a02b2bd81b31afae71b2153"


@pytest.fixture
def texts():
    return wheel_metadata.texts("1.0.0", COMMIT, ["LICENSE", "glog.txt"])


def test_the_metadata_names_caffes_version_the_python_and_every_licence(texts):
    minor = sys.version_info.minor
    lines = texts["METADATA"].splitlines()
    assert "Name: scan2num-caffe" in lines
    assert "Version: 1.0.0+g9b89154" in lines
    assert f"Requires-Python: ==3.{minor}.*" in lines
    assert {"License-File: LICENSE", "License-File: glog.txt"} <= set(lines)
    assert f"Tag: cp3{minor}-cp3{minor}-linux_x86_64" in texts["WHEEL"].splitlines()


def test_the_wheel_needs_all_that_pycaffe_imports():
    modules = Path(sysconfig.get_path("platlib")) / "caffe"
    pattern = re.compile(r"^(?:import|from) (\w+)", re.MULTILINE)
    imported = {name for path in modules.glob("*.py") for name in pattern.findall(path.read_text())}
    packages = {"skimage": "scikit-image", "google": "protobuf"}
    wanted = {packages.get(name, name) for name in imported - {"caffe", "__future__"}}
    wanted -= set(sys.stdlib_module_names)
    assert wanted <= {re.split(r"[>;]", need)[0] for need in wheel_metadata.NEEDS}


def test_the_command_is_a_function_of_the_package(texts):
    module, function = texts["entry_points.txt"].partition("= ")[2].strip().split(":")
    assert module == "scan2num_caffe.run_program"
    assert callable(getattr(run_program, function))


@pytest.mark.parametrize("plugin", [False, True])
def test_the_engines_plugin_goes_along_where_it_is_built(plugin, tmp_path):
    if plugin:
        (tmp_path / onednn_plugin.LIBRARY).parent.mkdir()
        (tmp_path / onednn_plugin.LIBRARY).touch()
    places = wheel_tree.binaries(tmp_path, tmp_path / "program")
    assert {"caffe/_caffe.so", "scan2num_caffe/libcaffe.so.1.0.0"} < set(places)
    assert (check_wheel.PLUGIN in places) == plugin


def test_libraries_look_for_each_other_inside_the_wheel():
    assert wheel_tree.rpath("caffe/_caffe.so") == "$ORIGIN/../scan2num_caffe"
    assert wheel_tree.rpath(f"scan2num_caffe/{program_library.NAME}") == "$ORIGIN"


def test_libraries_have_their_stems_without_version_and_hash():
    names = ["libopenblasp-r0-234bd196.3.21.so", "libglog-034500bc.so.0.6.0", "libdnnl.so.2.6"]
    assert library_licences.stems(names) == {"libopenblasp-r0", "libglog", "libdnnl"}


def test_a_library_without_a_licence_is_named():
    libraries = [Path("/usr/lib/libglog.so.1")]
    inside = ["libglog-034500bc.so.0.6.0", "libnew-12345678.so.1"]
    assert library_licences.unlicensed(inside, libraries) == {"libnew"}


def test_a_library_of_no_package_is_refused(tmp_path):
    with pytest.raises(library_licences.LicenceError, match=r"libstray\.so"):
        library_licences.licences([tmp_path / "libstray.so"])


@pytest.mark.caffe
@pytest.mark.skipif(build_info().get("cuda", False), reason="the wheel is of a build without CUDA")
def test_what_caffe_is_linked_to_has_licences_and_the_systems_own_is_left_out():
    caffe = Path(sys.prefix) / build_caffe.LIBRARIES[0]
    libraries = library_licences.linked_libraries([caffe])
    stems = library_licences.stems([path.name for path in libraries])
    assert {"libglog", "libgflags", "libprotobuf", "libopenblas"} <= stems
    assert not {"libc", "libm", "libstdc++", "libgcc_s", "libz", "libcaffe"} & stems
    licences = library_licences.licences(libraries)
    assert {"google-glog.txt", "gflags.txt", "protobuf.txt", "openblas.txt"} <= set(licences)
    assert all(b"opyright" in text for text in licences.values())


def test_tools_are_pinned():
    lines = (ROOM / "requirements.txt").read_text().splitlines()
    needs = [line.partition("#")[0].strip() for line in lines]
    assert all("==" in need for need in needs if need)


def test_the_current_folder_is_searched_last_and_the_scripts_folder_not(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["/venv/bin", "/usr/lib/python3"])
    run_program.find_layers_in_current_folder()
    assert sys.path == ["/usr/lib/python3", str(tmp_path)]


def test_pythons_safe_path_is_respected(tmp_path):
    code = (
        "import sys; from tools.caffe_build.wheel.scan2num_caffe import run_program; "
        "before = list(sys.path); run_program.find_layers_in_current_folder(); "
        "assert sys.path == before"
    )
    subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, check=True)


@pytest.mark.caffe
def test_the_losss_backward_pass_is_the_gradient_of_its_forward_pass():
    from tools.caffe_build.wheel.check import check_layers

    class Blob:
        def __init__(self, values):
            self.data = np.array(values, np.float32)
            self.diff = np.zeros_like(self.data)

        def reshape(self, *shape):
            self.data = np.zeros(shape, np.float32)

    prediction, label, loss = Blob([[1.0], [3.0]]), Blob([[0.0], [1.0]]), Blob([])
    layer = check_layers.SquaredErrorLayer.__new__(check_layers.SquaredErrorLayer)
    layer.reshape([prediction, label], [loss])
    layer.forward([prediction, label], [loss])
    layer.backward([loss], [True, False], [prediction, label])
    assert loss.data == [(1 + 4) / 2 / 2]
    assert prediction.diff.tolist() == [[0.5], [1.0]]


def test_the_script_for_bare_roots_shows_its_usage():
    done = subprocess.run([ROOM / "wheels_in_roots.sh", "--help"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "usage: wheels_in_roots.sh SUITE" in done.stdout


@pytest.mark.slow
@pytest.mark.caffe
def test_the_wheel_imports_trains_and_resumes_in_a_venv_of_its_own(tmp_path):
    """Without a network: what it needs is .venv's; `make caffe-wheel` installs that by pip."""
    if not (TOOLS / "auditwheel").exists():
        pytest.skip("auditwheel is not installed; `make caffe-wheel` installs it")
    record = json.loads((Path(sys.prefix) / build_caffe.RECORD).read_text(encoding="utf-8"))
    wheel = make_wheel.make(tmp_path / "dist", TOOLS, onednn_plugin.of_record(record))
    venv = tmp_path / "venv"
    check_wheel.install(wheel, venv, ["--no-deps", "--no-index"])
    (packages,) = venv.glob("lib/python3*/site-packages")
    (packages / "needs.pth").write_text(sysconfig.get_path("platlib"))
    said = check_wheel.check_installed(wheel, venv, tmp_path / "work")
    assert "stop and resume to the same bytes" in said

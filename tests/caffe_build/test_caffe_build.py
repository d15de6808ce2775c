"""The Caffe in the venv is genuine, complete and finds its way without any environment."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tools.caffe_build import self_check
from tools.caffe_run.caffe_install import import_caffe

caffe = import_caffe()

pytestmark = pytest.mark.caffe

PREFIX = Path(sys.prefix)
RECORD = json.loads((PREFIX / "share/scan2num-caffe.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def probe(tmp_path_factory):
    """Report of a Python layer that ran in `caffe train`, with an empty environment."""
    return self_check.train_probe(tmp_path_factory.mktemp("probe"))[0]


def test_the_program_and_the_module_tell_the_recorded_version(tmp_path):
    said = self_check.run_clean([PREFIX / "bin/caffe", "--version"], tmp_path)
    assert said.strip() == f"caffe version {RECORD['caffe_version']}"
    assert caffe.__version__ == RECORD["caffe_version"]


def test_the_record_names_the_commit_the_source_and_the_flags():
    assert RECORD["caffe_commit"].startswith("9b89154")
    assert len(RECORD["sdist_sha256"]) == 64
    assert "-DWITH_PYTHON_LAYER" in RECORD["flags"]
    assert "-DUSE_HDF5" not in RECORD["flags"]
    assert "-march" not in RECORD["flags"]  # the cache may be carried to another CPU
    assert "-fno-trapping-math" in RECORD["flags"]


def test_every_layer_type_of_the_network_is_there():
    wanted = {"Python", "Convolution", "Pooling", "ReLU"}
    wanted |= {"InnerProduct", "Dropout", "Reshape", "EuclideanLoss"}
    assert wanted <= set(caffe.layer_type_list())


def test_caffe_leaves_the_processors_handling_of_small_numbers_alone(tmp_path):
    code = "import numpy, caffe; assert numpy.float32(1e-38) / numpy.float32(10) > 0"
    self_check.run_clean([PREFIX / "bin/python", "-c", code], tmp_path)


@pytest.fixture(scope="module")
def relu(tmp_path_factory):
    """A net of a single ReLU, with a value of each kind as its data."""
    path = tmp_path_factory.mktemp("relu") / "relu.prototxt"
    path.write_text(
        'force_backward: true layer { name: "data" type: "Input" top: "data" '
        "input_param { shape { dim: 19 } } } "
        'layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" }',
        encoding="utf-8",
    )
    net = caffe.Net(str(path), caffe.TEST)
    net.blobs["data"].data[...] = np.resize([-1, -0.0, 0, 1e-39, 2, np.inf], 19)
    net.forward()
    return net


def test_relu_forward_keeps_infinity_and_the_smallest_numbers(relu):
    x = relu.blobs["data"].data
    np.testing.assert_array_equal(relu.blobs["relu"].data, np.where(x > 0, x, 0))


def test_relu_backward_hands_on_nan_and_infinity(relu):
    gradient = np.resize(np.array([1, np.nan, np.inf, -3], np.float32), 19)
    relu.blobs["relu"].diff[...] = gradient
    relu.backward()
    with np.errstate(invalid="ignore"):
        wanted = gradient * (relu.blobs["data"].data > 0)
    np.testing.assert_array_equal(relu.blobs["data"].diff, wanted)


@pytest.mark.parametrize("module", ["caffe", "h5py", "pylayers"])
def test_modules_import_from_any_folder_without_an_environment(module, tmp_path):
    self_check.run_clean([PREFIX / "bin/python", "-c", f"import {module}"], tmp_path)


@pytest.mark.parametrize("binary", ["bin/caffe", "caffe/_caffe.so"])
def test_binaries_find_this_venvs_libcaffe_and_no_hdf5(binary, tmp_path):
    path = (
        PREFIX / binary if binary.startswith("bin") else Path(caffe.__file__).parent / "_caffe.so"
    )
    loaded = self_check.run_clean(["ldd", path], tmp_path)
    (libcaffe,) = [line.split()[2] for line in loaded.splitlines() if "libcaffe" in line]
    assert Path(libcaffe).resolve().is_relative_to(PREFIX / "lib")
    assert "libhdf5" not in loaded
    assert "not found" not in loaded.replace("undefined symbol", "")


def test_libcaffe_elsewhere_on_the_library_path_does_not_win(tmp_path):
    (tmp_path / "libcaffe.so.1.0.0").write_bytes(b"not a library")
    env = {"LD_LIBRARY_PATH": str(tmp_path)}
    subprocess.run([PREFIX / "bin/caffe", "--version"], env=env, check=True, capture_output=True)


def test_the_interpreter_inside_caffe_train_is_the_venvs(probe):
    assert Path(probe["prefix"]) == PREFIX
    assert Path(probe["executable"]).parent == PREFIX / "bin"
    assert probe["encoding"] == "utf-8"


def test_h5py_works_in_a_layer_inside_caffe_train(probe):
    assert probe["hdf5"]
    assert probe["passes"] >= self_check.ITERATIONS

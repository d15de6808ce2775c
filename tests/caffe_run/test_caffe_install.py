"""Which device is used follows the choice and what Caffe was built for."""

import os
import subprocess
import sys

import pytest

from pylayers.errors import UsageError
from tools.caffe_run import caffe_install
from tools.caffe_run.caffe_install import gpu_id
from tools.caffe_run.gpu_count import gpu_count


@pytest.mark.parametrize(("users", "wanted"), [(None, "4"), ("20", "20")])
def test_idle_blas_threads_sleep_at_once_unless_the_user_says_otherwise(users, wanted):
    name = "OPENBLAS_THREAD_TIMEOUT"
    env = {k: v for k, v in os.environ.items() if k != name} | ({name: users} if users else {})
    code = f"import tools.caffe_run.caffe_install, os; print(os.environ['{name}'])"
    said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert said.stdout.strip() == wanted


@pytest.fixture(params=[True, False], ids=["cuda", "cpu only"])
def cuda(request, monkeypatch):
    monkeypatch.setattr(caffe_install, "build_info", lambda: {"cuda": request.param})
    monkeypatch.setattr(caffe_install, "gpu_count", lambda: 3)
    return request.param


def test_auto_is_the_first_gpu_where_there_is_one_and_none_is_the_cpu(cuda):
    assert gpu_id("auto") == (0 if cuda else None)
    assert gpu_id("none") is None


def test_a_gpu_by_number_needs_a_caffe_built_for_it(cuda):
    if cuda:
        assert gpu_id("2") == 2
    else:
        with pytest.raises(UsageError, match=r"GPU 2 was asked for.*make setup CUDA=1"):
            gpu_id("2")


def test_a_caffe_for_gpus_that_finds_none_computes_on_the_cpu(monkeypatch):
    monkeypatch.setattr(caffe_install, "build_info", lambda: {"cuda": True})
    monkeypatch.setattr(caffe_install, "gpu_count", lambda: 0)
    assert gpu_id("auto") is None
    with pytest.raises(UsageError, match=r"GPU 0 was asked for.*has none"):
        gpu_id("0")


@pytest.mark.parametrize("cuda", [True], indirect=True)
def test_a_gpu_that_is_not_there_is_refused(cuda):
    with pytest.raises(UsageError, match=r"GPU 3 was asked for.*has GPU 0 to 2"):
        gpu_id("3")


class Driver:
    """Stands for libcuda: its functions return 0 for success."""

    def __init__(self, fails=0):
        self.fails = fails

    def cuInit(self, flags):
        return self.fails

    def cuDeviceGetCount(self, count):
        count._obj.value = 2
        return 0


@pytest.mark.parametrize(("driver", "count"), [(Driver(), 2), (Driver(fails=100), 0)])
def test_gpus_are_counted_by_their_driver(driver, count, monkeypatch):
    monkeypatch.setattr("ctypes.CDLL", lambda name: driver)
    assert gpu_count() == count


def test_without_a_driver_there_is_no_gpu(monkeypatch):
    def missing(name):
        raise OSError(name)

    monkeypatch.setattr("ctypes.CDLL", missing)
    assert gpu_count() == 0


def test_several_gpus_are_refused_for_lack_of_nccl(cuda):
    with pytest.raises(UsageError, match=r"GPU 0,1: a training takes one GPU.*without NCCL"):
        gpu_id("0,1")


@pytest.mark.parametrize("choice", ["", "gpu", "-1", "0,"])
def test_another_word_is_refused(choice, cuda):
    with pytest.raises(UsageError, match=f"'{choice}' is not auto, none or a number"):
        gpu_id(choice)

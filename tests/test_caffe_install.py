"""Which device is used follows the choice and what Caffe was built for."""

import os
import subprocess
import sys

import pytest

from pylayers.errors import UsageError
from tools import caffe_install
from tools.caffe_install import gpu_id


@pytest.mark.parametrize(("users", "wanted"), [(None, "4"), ("20", "20")])
def test_idle_blas_threads_sleep_at_once_unless_the_user_says_otherwise(users, wanted):
    name = "OPENBLAS_THREAD_TIMEOUT"
    env = {k: v for k, v in os.environ.items() if k != name} | ({name: users} if users else {})
    code = f"import tools.caffe_install, os; print(os.environ['{name}'])"
    said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert said.stdout.strip() == wanted


@pytest.fixture(params=[True, False], ids=["cuda", "cpu only"])
def cuda(request, monkeypatch):
    monkeypatch.setattr(caffe_install, "build_info", lambda: {"cuda": request.param})
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


def test_several_gpus_are_refused_for_lack_of_nccl(cuda):
    with pytest.raises(UsageError, match=r"GPU 0,1: a training takes one GPU.*without NCCL"):
        gpu_id("0,1")


@pytest.mark.parametrize("choice", ["", "gpu", "-1", "0,"])
def test_another_word_is_refused(choice, cuda):
    with pytest.raises(UsageError, match=f"'{choice}' is not auto, none or a number"):
        gpu_id(choice)

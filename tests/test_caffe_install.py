"""Which device is used follows the choice and what Caffe was built for."""

import pytest

from pylayers.errors import UsageError
from tools import caffe_install
from tools.caffe_install import gpu_id


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
        with pytest.raises(UsageError, match="GPU 2 was asked for"):
            gpu_id("2")


@pytest.mark.parametrize("choice", ["", "gpu", "-1", "0,1"])
def test_another_word_is_refused(choice, cuda):
    with pytest.raises(UsageError, match=f"'{choice}' is not auto, none or a number"):
        gpu_id(choice)

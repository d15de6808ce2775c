"""oneDNN's layers compute what Caffe's own do, whatever their parameters and the CPU."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_twins import Twins, one_layer

from tools.caffe_run.compute_engine import CHOICE, ONEDNN, engine_in_use

pytestmark = [
    pytest.mark.caffe,
    pytest.mark.skipif(engine_in_use() != ONEDNN, reason="this Caffe is without oneDNN's layers"),
]

CLOSE = 1e-5  # of the length of what Caffe computes


def assert_close(ours, caffes):
    for mine, its in zip(ours.arrays, caffes.arrays, strict=True):
        assert np.linalg.norm(mine - its) <= CLOSE * np.linalg.norm(its)


def assert_equal(ours, caffes):
    for mine, its in zip(ours.arrays, caffes.arrays, strict=True):
        np.testing.assert_array_equal(mine, its)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("twins")


def bias_term(bias):
    return f"bias_term: {str(bias).lower()}"


@st.composite
def windows(draw, gaps):
    """Kernel, stride and pad in two directions, and a size of image that they fit into.

    gaps: whether windows may lie apart; Caffe's own pooling then writes in front of the image.
    """
    text, size = [], []
    for axis in "hw":
        kernel = draw(st.integers(1, 6))
        stride = draw(st.integers(1, kernel + gaps))
        pad = draw(st.integers(0, kernel - 1))
        text.append(f"kernel_{axis}: {kernel} stride_{axis}: {stride} pad_{axis}: {pad}")
        size.append(draw(st.integers(max(1, kernel - 2 * pad), 23)))
    return " ".join(text), tuple(size)


@settings(max_examples=60, deadline=None)
@given(
    windows=windows(gaps=True),
    images=st.integers(1, 5),
    channels=st.integers(1, 20),
    outputs=st.integers(1, 35),
    bias=st.booleans(),
)
def test_convolution_and_its_gradients(windows, images, channels, outputs, bias, folder):
    text, size = windows
    parameters = f"num_output: {outputs} {bias_term(bias)} {text}"
    twins = Twins(folder, "Convolution", parameters, (images, channels, *size))
    assert_close(*twins.compute())


@settings(max_examples=25, deadline=None)
@given(
    images=st.integers(1, 3),
    channels=st.integers(16, 20),
    outputs=st.integers(16, 35),
    pad=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    rows=st.sampled_from([7, 8, 15, 16]),
    columns=st.one_of(st.integers(57, 64), st.integers(115, 128)),  # one unit of tiles, and two
    left_over=st.tuples(st.integers(0, 1), st.integers(0, 1)),
    bias=st.booleans(),
)
def test_winograds_convolution(
    images, channels, outputs, pad, rows, columns, left_over, bias, folder
):
    height, width = (
        5 + 2 * (size - 1) + more - 2 * beside
        for size, more, beside in zip((rows, columns), left_over, pad, strict=True)
    )
    text = f"kernel_size: 5 stride: 2 pad_h: {pad[0]} pad_w: {pad[1]} {bias_term(bias)}"
    shape = (images, channels, height, width)
    assert_close(*Twins(folder, "Convolution", f"num_output: {outputs} {text}", shape).compute())


@settings(max_examples=40, deadline=None)
@given(
    windows=windows(gaps=True),
    images=st.integers(1, 3),
    channels=st.integers(1, 3),
    outputs=st.integers(8, 20),
    columns=st.integers(24, 70),
    bias=st.booleans(),
)
def test_convolution_of_few_channels(windows, images, channels, outputs, columns, bias, folder):
    text, (height, width) = windows
    shape = (images, channels, height, width * columns)
    text = f"num_output: {outputs} {text} {bias_term(bias)}"
    assert_close(*Twins(folder, "Convolution", text, shape).compute())


@settings(max_examples=30, deadline=None)
@given(
    images=st.integers(1, 20),
    inputs=st.integers(1, 35),
    outputs=st.integers(1, 70),
    bias=st.booleans(),
    transposed=st.booleans(),
    backwards=st.integers(1, 2),
)
def test_inner_product_and_its_gradients(
    images, inputs, outputs, bias, transposed, backwards, folder
):
    text = f"num_output: {outputs} {bias_term(bias)} transpose: {str(transposed).lower()}"
    shape = (images, inputs, 1, 2)
    net = one_layer(folder, "InnerProduct", f"inner_product_param {{ {text} }}", shape)
    rng = np.random.default_rng(1)
    data, gradient = rng.normal(size=shape), rng.normal(size=(images, outputs))
    weights, *others = net.params["ours"]
    weights.data[...] = rng.normal(size=weights.data.shape)
    for other in others:
        other.data[...] = rng.normal(size=outputs)
    net.blobs["ours_in"].data[...] = data
    net.forward()
    net.blobs["ours"].diff[...] = gradient
    for _ in range(backwards):
        net._backward(1, 1)
    matrix = weights.data if transposed else weights.data.T  # (2 inputs, outputs)
    flat = data.reshape(images, -1)
    product = backwards * flat.T @ gradient
    expected = [
        (net.blobs["ours"].data, flat @ matrix + (others[0].data if bias else 0)),
        (net.blobs["ours_in"].diff.reshape(images, -1), gradient @ matrix.T),
        (weights.diff, product if transposed else product.T),
        *((other.diff, backwards * gradient.sum(0)) for other in others),
    ]
    for mine, its in expected:
        assert np.linalg.norm(mine - its) <= CLOSE * np.linalg.norm(its)


@settings(max_examples=60, deadline=None)
@given(
    windows=windows(gaps=False),
    images=st.integers(1, 3),
    channels=st.integers(1, 5),
    floor=st.booleans(),
    ties=st.booleans(),
)
def test_max_pooling_gives_the_same_bits(windows, images, channels, floor, ties, folder):
    text, size = windows
    parameters = f"pool: MAX {text} round_mode: {'FLOOR' if floor else 'CEIL'}"
    twins = Twins(folder, "Pooling", parameters, (images, channels, *size))
    if ties:  # of equal pixels the first one gets the gradient
        twins.fill(np.round(twins.net.blobs["ours_in"].data))
    assert_equal(*twins.compute())


def test_max_pooling_of_a_net_for_tests_has_gradients_too(folder):
    twins = Twins(folder, "Pooling", "pool: MAX kernel_size: 3 stride: 2", (2, 3, 9, 9), test=True)
    assert_equal(*twins.compute(backwards=2))
    twins.fill(twins.rng.normal(size=(2, 3, 9, 9)))
    assert_equal(*twins.compute())


def test_max_pooling_of_nan_infinity_and_the_smallest_numbers(folder):
    twins = Twins(folder, "Pooling", "pool: MAX kernel_size: 2 stride: 2", (1, 1, 8, 8))
    odd = [np.nan, np.inf, 0.0, -0.0, 1e-40, -1e-40, 3e38, 1.0]
    twins.fill(np.random.default_rng(1).choice(odd, size=(1, 1, 8, 8)))
    assert_equal(*twins.compute())


def test_max_pooling_of_a_window_without_a_number_hands_no_gradient_on(folder):
    twins = Twins(folder, "Pooling", "pool: MAX kernel_size: 2 stride: 2", (1, 1, 4, 4))
    twins.net.blobs["ours_in"].data[...] = np.nan  # Caffe's own would write in front of the image
    twins.net.forward()
    assert (twins.net.blobs["ours"].data == -np.finfo(np.float32).max).all()
    twins.net.blobs["ours"].diff[...] = 1
    twins.net._backward(1, 1)
    assert (twins.net.blobs["ours_in"].diff == 0).all()


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("Convolution", "num_output: 4 kernel_size: 3 group: 2"),
        ("Convolution", "num_output: 4 kernel_size: 3 dilation: 2"),
        ("Convolution", "num_output: 4 kernel_size: 3 force_nd_im2col: true"),
        ("Pooling", "pool: AVE kernel_size: 3 stride: 2"),
    ],
)
def test_what_is_not_covered_is_computed_by_caffe(kind, parameters, folder):
    assert_equal(*Twins(folder, kind, parameters, (2, 4, 9, 9)).compute())


def test_three_spatial_axes_are_computed_by_caffe(folder):
    twins = Twins(folder, "Convolution", "num_output: 3 kernel_size: 2", (2, 3, 5, 6, 7))
    assert_equal(*twins.compute())


def test_gradients_of_weights_add_up(folder):
    for size in (9, 3):  # of an image; the kernel covers the second one
        twins = Twins(folder, "Convolution", "num_output: 5 kernel_size: 3", (3, 2, size, size))
        assert_close(*twins.compute(backwards=3))


def test_max_pooling_of_the_whole_image(folder):
    twins = Twins(folder, "Pooling", "pool: MAX global_pooling: true", (2, 4, 9, 9))
    assert_equal(*twins.compute())


@pytest.mark.parametrize("slope", [0, 0.1])
def test_relu_gives_the_same_bits(slope, folder):
    twins = Twins(folder, "ReLU", f"negative_slope: {slope}", (3, 4, 50, 50))  # two pieces
    odd = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-40, 3e38, 1.0, -2.0]
    twins.fill(np.random.default_rng(1).choice(odd, size=(3, 4, 50, 50)))
    assert_equal(*twins.compute())


def fixed(weights, bias):
    """Which parameters of a convolution learn, as lines of its layer; its output is a loss."""
    return f"loss_weight: 1 param {{ lr_mult: {weights} }} param {{ lr_mult: {bias} }}"


@pytest.mark.parametrize(("weights", "bias"), [(0, 1), (1, 0)])
@pytest.mark.parametrize("size", [9, 3])
def test_parameters_that_do_not_learn_get_no_gradient(weights, bias, size, folder):
    twins = Twins(
        folder,
        "Convolution",
        "num_output: 5 kernel_size: 3",
        (3, 2, size, size),
        more=fixed(weights, bias),
    )
    ours, caffes = twins.compute()
    assert_close(ours, caffes)
    assert [bool(gradient.any()) for gradient in ours.gradients] == [bool(weights), bool(bias)]


def test_a_net_takes_other_numbers_of_images_and_other_sizes(folder):
    twins = Twins(folder, "Convolution", "num_output: 16 kernel_size: 5 stride: 2", (2, 8, 30, 30))
    for shape in ((7, 8, 30, 30), (1, 8, 41, 22), (2, 8, 30, 30)):
        twins.reshape(*shape)
        assert_close(*twins.compute())


def test_a_batch_that_is_computed_in_uneven_parts(folder):
    # 4.6 MB an image: one at a time; then 1.2 MB: 17 images as 6, 6 and 5
    for shape in ((3, 8, 190, 190), (17, 8, 95, 95)):
        twins = Twins(folder, "Convolution", "num_output: 24 kernel_size: 3", shape)
        assert_close(*twins.compute())


def run_this(code, **env):
    """Run code in a fresh Python from the checkout; return what it prints."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests/helpers")])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": paths} | env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


COMPARE = """
import tempfile
from pathlib import Path
import numpy as np
from layer_twins import Twins
shape = SHAPE
parameters = "num_output: 37 kernel_size: 5 stride: 2"
ours, caffes = Twins(Path(tempfile.mkdtemp()), "Convolution", parameters, shape).compute()
for mine, its in zip(ours.arrays, caffes.arrays):
    assert np.linalg.norm(mine - its) <= 1e-5 * np.linalg.norm(its)
"""
ONEDNNS, WINOGRADS, OF_FEW_CHANNELS = (4, 19, 31, 31), (2, 19, 18, 130), (2, 1, 13, 130)


@pytest.mark.parametrize("shape", [ONEDNNS, WINOGRADS, OF_FEW_CHANNELS])
@pytest.mark.parametrize("isa", ["SSE41", "AVX2", "AVX512_CORE"])
def test_convolution_on_cpus_of_several_generations(isa, shape):
    said = run_this(
        COMPARE.replace("SHAPE", repr(shape)),
        ONEDNN_MAX_CPU_ISA=isa,
        DNNL_MAX_CPU_ISA=isa,
        ONEDNN_VERBOSE="1",
        DNNL_VERBOSE="1",
    )
    flags = set(Path("/proc/cpuinfo").read_text(encoding="ascii").split())
    has_vectors = {"avx2", "fma"} <= flags and isa != "SSE41"
    own = has_vectors and shape != ONEDNNS
    assert ("forward_training" in said) != own


def test_the_environment_leaves_the_plug_in_out():
    ask = "from tools.caffe_run.compute_engine import engine_in_use as e; print(e())"
    assert run_this(ask).strip() == "onednn"
    assert run_this(ask, **{CHOICE: "caffe"}).strip() == "caffe"


def test_a_plug_in_that_cannot_be_loaded_is_said_and_caffe_computes(tmp_path):
    # a oneDNN that is none stands before the system's
    (tmp_path / "libdnnl.so.2").write_bytes(b"not a library")
    (tmp_path / "libdnnl.so.3").write_bytes(b"not a library")
    done = subprocess.run(
        [sys.executable, "-c", "import caffe"],
        env={"LD_LIBRARY_PATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Caffe's own layers compute" in done.stderr
    assert done.stderr.count("\n") == 1


SCORE = """
import sys, numpy as np
from tools.caffe_run.caffe_install import import_caffe
caffe = import_caffe()
caffe.set_random_seed(3)
net = caffe.Net("prototxt/deploy.prototxt", caffe.TEST)
rng = np.random.default_rng(5)
for blobs in net.params.values():
    blobs[0].data[...] = rng.normal(size=blobs[0].data.shape, scale=blobs[0].data[0].size ** -0.5)
net.blobs["data"].reshape(2, 1, 512, 512)
net.blobs["data"].data[...] = rng.normal(size=(2, 1, 512, 512))
net.forward()
print(net.blobs["conv5"].data.tobytes().hex(), net.blobs["fc7"].data.tobytes().hex())
"""


@pytest.mark.parametrize("isa", ["AVX2", "AVX512_CORE"])
def test_the_scores_bits_do_not_depend_on_the_number_of_threads(isa):
    one, two, many = (
        run_this(SCORE, OMP_NUM_THREADS=str(n), ONEDNN_MAX_CPU_ISA=isa, DNNL_MAX_CPU_ISA=isa)
        for n in (1, 2, 40)
    )
    assert one == two == many


@pytest.mark.parametrize(
    "lines",
    [
        ['lr_policy: "fixed"'],
        ['lr_policy: "poly" power: 1', "weight_decay: 0.01"],
        ['lr_policy: "fixed"', "weight_decay: 0.01", "iter_size: 3"],
        ['lr_policy: "fixed"', "weight_decay: 0.01", "clip_gradients: 0.5"],
        ['lr_policy: "fixed"', "weight_decay: 0.01", 'regularization_type: "L1"'],
    ],
)
def test_sgd_takes_caffes_steps(lines, tmp_path):
    learned = {}
    for engine in ("onednn", "caffe"):
        folder = tmp_path / engine
        folder.mkdir()
        run_this(
            "import sys, trained_small; "
            f"sys.argv[1:] = {[str(folder), *lines]!r}; trained_small.main()",
            **{CHOICE: engine},
        )
        learned[engine] = np.load(folder / "learned.npz")
    assert len(learned["caffe"]) == 12
    for name, its in learned["caffe"].items():
        mine = learned["onednn"][name]
        assert np.linalg.norm(mine - its) <= CLOSE * np.linalg.norm(its), name

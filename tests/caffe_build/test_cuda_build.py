"""Caffe for GPUs, as far as it can be tested in seconds: `make cuda-check` compiles all of it."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ROOT

from tools.caffe_build.cuda import architectures, binary_check, toolkit, variant

BUILD = ROOT / "tools/caffe_build"

CUDA_12 = [50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87, 89, 90]  # nvcc 12.4 --list-gpu-arch
CUDA_13 = [75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121]  # nvcc 13.0


def write_program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def make_toolkit(root: Path, without=()) -> Path:
    """A folder that looks like CUDA 13.0 with cuDNN 9.13."""
    write_program(
        root / "bin/nvcc",
        'case "$1" in\n--version) echo "Cuda compilation tools, release 13.0, V13.0.88";;\n'
        "--list-gpu-arch) echo compute_90; echo compute_75;;\nesac",
    )
    (root / "include").mkdir()
    for header in ("cuda_runtime.h", *toolkit.HEADERS):
        if header not in without:
            (root / "include" / header).write_text(
                "#define CUDNN_MAJOR 9\n#define CUDNN_MINOR 13\n#define CUDNN_PATCHLEVEL 0\n"
            )
    return root


def test_by_default_all_generations_are_compiled_for_that_the_toolkit_knows():
    assert architectures.choose("", CUDA_12) == [61, 70, 75, 80, 86, 89, 90]
    assert architectures.choose(" ", CUDA_13) == [75, 80, 86, 89, 90, 100, 120]


@pytest.mark.parametrize("asked", ["90 61", "6.1,9.0", "sm_61;sm_90", "compute_90 61 61"])
def test_architectures_are_taken_in_every_usual_spelling(asked):
    assert architectures.choose(asked, CUDA_12) == [61, 90]


@pytest.mark.parametrize("asked", ["61", "90 pascal", "9", "sm_61"])
def test_an_architecture_that_the_toolkit_lacks_is_named(asked):
    with pytest.raises(architectures.ArchitectureError, match=r"does not compile for .* 75 80"):
        architectures.choose(asked, CUDA_13)


def test_the_newest_architecture_comes_as_ptx_too():
    assert architectures.for_cmake([61, 75, 90]) == "61-real;75-real;90"
    assert architectures.for_cmake([61]) == "61"


def test_a_toolkit_tells_its_versions_and_architectures(tmp_path):
    found = toolkit.at(make_toolkit(tmp_path / "cuda"))
    assert (found.cuda_version(), found.cudnn_version()) == ("13.0.88", "9.13.0")
    assert architectures.known_to(found.nvcc) == [75, 90]


def test_the_machines_toolkit_is_the_one_that_cuda_home_names(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_HOME", str(make_toolkit(tmp_path / "cuda")))
    assert toolkit.of_this_machine().root == tmp_path / "cuda"


def test_a_script_called_nvcc_is_no_toolkit(tmp_path, monkeypatch):
    program = write_program(tmp_path / "local/bin/nvcc", "exec true")
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.delenv("CUDA_HOME", raising=False)
    monkeypatch.setattr(toolkit, "USUAL", make_toolkit(tmp_path / "cuda"))
    assert toolkit.of_this_machine().root == tmp_path / "cuda"


def test_what_a_toolkit_lacks_is_named_with_the_way_out(tmp_path):
    root = make_toolkit(tmp_path / "cuda", without=("cublas_v2.h", "curand.h"))
    with pytest.raises(toolkit.ToolkitError, match=r"lacks cuBLAS, cuRAND.*make setup CUDA=13"):
        toolkit.at(root)


def test_a_machine_without_nvcc_is_told_what_fetches_one(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(toolkit, "USUAL", tmp_path)
    with pytest.raises(toolkit.ToolkitError, match=r"no CUDA toolkit.*make setup CUDA=12"):
        toolkit.of_this_machine()


def test_the_record_tells_the_toolkit_and_the_architectures_and_leads_back_to_them(tmp_path):
    built = variant.Variant(toolkit.at(make_toolkit(tmp_path / "cuda")), [75, 90])
    record = built.record()
    assert record == {
        "cuda": True,
        "cuda_toolkit": "13.0.88",
        "cudnn": "9.13.0",
        "cuda_archs": [75, 90],
        "nccl": False,
    }
    assert record.items() <= built.inputs().items()  # so the cache key holds them
    assert variant.of_record({**record, "inputs": built.inputs()}) == built
    assert variant.of_record(variant.CPU_ONLY) is None


def test_another_architecture_or_a_changed_header_is_another_build(tmp_path):
    found = toolkit.at(make_toolkit(tmp_path / "cuda"))
    inputs = variant.Variant(found, [75]).inputs()
    assert inputs != variant.Variant(found, [75, 90]).inputs()
    assert all(re.fullmatch("[0-9a-f]{64}", sha256) for sha256 in inputs["cuda_files"].values())


def test_cuda_0_is_the_cpu(tmp_path):
    assert variant.choose("0", "", tmp_path) is None


@pytest.mark.parametrize("release", toolkit.PINNED)
def test_every_package_of_a_pinned_toolkit_has_a_version_and_a_hash(release):
    lines = (BUILD / f"cuda/cuda{release}.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w-]+==[\w.]+ --hash=sha256:[0-9a-f]{64}", pin) for pin in pins)
    names = " ".join(pins)
    for part in ("runtime", "cublas", "curand", "cudnn", "nvcc"):
        assert f"{part}" in names


def test_the_nvcc_of_cuda_12_has_a_version():
    lines = (BUILD / "cuda/nvcc12.txt").read_text().splitlines()
    (pin,) = (line for line in lines if not line.startswith("#"))
    assert re.fullmatch(r"nvidia-cuda-toolkit=12\.4\.[\w.~+-]+", pin)


@dataclass
class Listing:
    """What a made-up cuobjdump says of a library."""

    elf: list[int]
    ptx: list[int]

    def program(self, folder: Path) -> Path:
        elf, ptx = (
            "\n".join(f"echo 'file 1: libcaffe.{i}.sm_{n}.{kind}'" for i, n in enumerate(numbers))
            for kind, numbers in (("cubin", self.elf), ("ptx", self.ptx))
        )
        return write_program(
            folder / "cuobjdump", f"if [ $1 = --list-elf ]; then :\n{elf}\nelse\n{ptx}\nfi"
        )


def test_code_of_every_architecture_and_ptx_of_the_newest_is_found(tmp_path):
    program = Listing([61, 90, 61, 90], [90, 90]).program(tmp_path)
    found = binary_check.check_machine_code(program, Path("libcaffe.so"), [61, 90])
    assert found == "2 sources' code for each, and PTX of 90"


@pytest.mark.parametrize(
    "listing",
    [
        Listing([61, 61], [90]),  # one is missing
        Listing([61, 90, 61], [90]),  # a source was compiled for one of them only
        Listing([61, 90], [61]),  # PTX of the wrong one
        Listing([], [90]),
    ],
)
def test_missing_code_is_an_error(listing, tmp_path):
    with pytest.raises(binary_check.BinaryError, match=r"libcaffe\.so: "):
        binary_check.check_machine_code(listing.program(tmp_path), Path("libcaffe.so"), [61, 90])


def test_a_program_that_loads_nothing_of_cuda_is_not_taken_for_a_cuda_build():
    with pytest.raises(binary_check.BinaryError, match="should load four libraries"):
        binary_check.check_loading(Path("/bin/sh"))


@pytest.fixture(scope="module")
def chosen(tmp_path_factory):
    """What Caffe's calls choose through our header from fake_cudnn's answers, a line a limit."""
    program = tmp_path_factory.mktemp("cudnn") / "choose"
    fake = ROOT / "tests/helpers/fake_cudnn"
    header = BUILD / "cuda/compat/cudnn_algorithms.hpp"
    command = ["c++", "-std=c++14", "-Wall", "-Werror", f"-I{fake}", "-include", header]
    subprocess.run([*command, fake / "choose.cpp", "-o", program], check=True)
    limits = ["1000", "999", "79", "69", "39"]
    return subprocess.run(
        [program, *limits], capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_the_fastest_algorithm_within_the_workspace_limit_is_chosen(chosen):
    assert chosen[0] == "4 4 4"


def test_an_algorithm_that_adds_in_a_fixed_order_goes_before_a_faster_one(chosen):
    assert chosen[1:3] == ["1 1 1", "0 0 0"]
    assert chosen[3] == "2 2 2"  # unless there is none


def test_no_algorithm_within_the_limit_is_an_error(chosen):
    assert chosen[4] == "-1 -1 -1"


def test_convolutions_are_float32s_own_not_tf32(chosen):
    assert chosen[5] == "float32"


@pytest.mark.caffe
def test_training_on_two_gpus_ends_with_one_sentence(run_tool):
    done = run_tool("train", "ve", "--gpu", "0,1", "--cohort", "none")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "built without NCCL" in done.stderr

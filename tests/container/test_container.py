"""The scripts around the images, without building one (make test-image does)."""

import json
import os
import re
import subprocess

import pytest
from conftest import ROOT

from tools.container import compare_results

CONTAINER = ROOT / "tools/container"


def run(script, *arguments, **environment):
    return subprocess.run(
        [CONTAINER / script, *arguments],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        check=False,
    )


@pytest.mark.parametrize(
    "script",
    [
        *("build_image", "check_image", "make_base", "make_cuda_base", "make_root"),
        *("run_in_root", "test_image", "try_bare_roots"),
    ],
)
def test_usage_is_shown(script):
    shown = run(f"{script}.sh", "--help")
    assert shown.returncode == 2
    assert "usage: " in shown.stdout
    assert f"{script}.sh" in shown.stdout


def test_the_entry_point_without_a_command_says_what_it_takes():
    shown = run("entrypoint.sh")
    assert shown.returncode == 2
    assert "grand-challenge" in shown.stdout


def test_the_entry_point_runs_any_command_and_hands_its_exit_code_on():
    done = run("entrypoint.sh", "bash", "-c", "pwd; exit 7")
    assert (done.returncode, done.stdout) == (7, f"{ROOT}\n")


def test_without_an_engine_the_build_says_which_to_install():
    done = run("build_image.sh", "name", CONTAINER_ENGINE="no-such-engine")
    assert done.returncode == 2
    assert "apt-get install buildah" in done.stderr


def test_a_run_without_weights_does_not_go_into_an_image(tmp_path):
    done = run("build_image.sh", "name", "--", str(tmp_path), CONTAINER_ENGINE="true")
    assert done.returncode == 4
    assert done.stderr == f"{tmp_path} has no best.json: train it first, or leave it out\n"


# How a stage of the Dockerfile answers Grand Challenge: its label, and what it runs.
STAGES = {"exec": ["grand-challenge"], "invoke": ["serve-challenge", "--host", "0.0.0.0"]}


@pytest.mark.parametrize(("method", "command"), STAGES.items())
def test_the_label_of_an_image_fits_what_it_does(method, command):
    stages = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    (stage,) = (stage for stage in stages if stage.startswith(f"runtime AS {method}\n"))
    assert f'LABEL org.grand-challenge.api-method="{method}"\n' in stage
    assert f"CMD {json.dumps(command)}\n" in stage
    asked = run("entrypoint.sh", *command, "--help")
    assert asked.stdout.startswith(f"usage: {command[0].replace('-', '_')}.py ")


def test_an_image_does_exec_jobs_unless_told_otherwise():
    """By `docker build .`, too, which takes the last stage."""
    assert re.findall(r"^FROM .* AS (\w+)$", (ROOT / "Dockerfile").read_text(), re.M)[-1] == "exec"
    for target in ("image", "image-cpu"):
        assert " --target exec " in make(target).stdout
        assert " --target invoke " in make(target, "API_METHOD=invoke").stdout


def test_an_unknown_api_method_builds_nothing():
    done = make("image-cpu", "API_METHOD=exex")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("API_METHOD is 'exex'; choose one of: exec invoke\n")


def make(*words):
    """Run make with an engine that prints what it is asked for."""
    command = ["make", "--no-print-directory", *words, "WEIGHTS=", "CONTAINER_ENGINE=echo"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def results(folder, loss, score, job=None):
    """Write what compare_results reads, as host and as image."""
    targets = {"targets": {"fev1fvc": {"score": score, "slices": [1, 2]}}}
    for path, content in {
        "fev1fvc/best.json": {"val_loss": loss},
        "runs/cohort/fev1fvc/best.json": {"val_loss": loss},
        "score.json": targets,
        "output/scan2num.json": targets,
        "output/fev1-fvc-ratio.json": score if job is None else job,
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(json.dumps(content))
    return str(folder)


@pytest.mark.parametrize(
    ("image", "tolerance", "named"),
    [
        ({"loss": 0.25, "score": 0.75}, "0", ""),
        ({"loss": 0.25, "score": 0.750001}, "1e-4", ""),
        ({"loss": 0.25, "score": 0.750001}, "0", "image: score fev1fvc score"),
        ({"loss": 0.26, "score": 0.75}, "1e-4", "image: loss"),
        ({"loss": 0.25, "score": 0.75, "job": 0.76}, "1e-4", "job's number"),
        ({"loss": 0.25, "score": float("nan")}, "1e-4", "image: score fev1fvc score"),
    ],
)
def test_an_images_results_are_the_hosts_or_what_differs_is_named(
    image, tolerance, named, tmp_path, capsys
):
    host = results(tmp_path / "host", loss=0.25, score=0.75)
    there = results(tmp_path / "image", **image)
    code = compare_results.main([host, there, "--tolerance", tolerance])
    said = capsys.readouterr().out
    assert code == (1 if named else 0)
    assert named in said

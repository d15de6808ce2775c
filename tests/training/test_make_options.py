"""COHORT and RUN mean the same to every make target, and reach the programs as they were typed."""

import os
import re
import shlex
import shutil
import subprocess

import pytest
from conftest import ROOT

RECIPES = {
    "train": "tools/train.py",
    "resume": "tools/train.py",
    "caffe-test": "tools/caffe_test.py",
    "evaluate": "tools/evaluate.py",
    "report": "tools/make_report.py",
}


def commands(*arguments) -> list[list[str]]:
    """What make would run of Python, as the shell splits it."""
    # of all that is installed: only what the targets do is looked at
    stamps = [f"--assume-old={name}" for name in (".venv/.stamp-caffe", "build/phantom/table.csv")]
    done = subprocess.run(
        ["make", "--dry-run", *stamps, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.replace("\\\n", " ").splitlines()
    programs = (".venv/bin/python tools/", ".venv/bin/python data/")
    return [shlex.split(line)[1:] for line in lines if line.startswith(programs)]


def command(target, *arguments) -> list[str]:
    return next(c for c in commands(target, *arguments) if c[0] == RECIPES[target])


@pytest.mark.parametrize("target", RECIPES)
@pytest.mark.parametrize("value", ["my cohort", "it's", 'a "b"', "a,b;c&d", "~x*"])
def test_paths_reach_the_program_as_typed(target, value):
    words = command(target, "TARGET=ve", f"COHORT={value}", f"RUN=runs/{value}")
    assert words[words.index("--cohort") + 1] == value
    assert words[words.index("--run") + 1] == f"runs/{value}"


@pytest.mark.parametrize("target", RECIPES)
def test_an_empty_path_is_not_taken_for_the_default(target):
    words = command(target, "TARGET=ve", "COHORT=", "RUN=")
    assert words[words.index("--cohort") + 1] == words[words.index("--run") + 1] == ""


@pytest.mark.parametrize("target", ["train", "resume", "caffe-test", "evaluate"])
def test_a_variant_is_of_the_network_and_not_of_caffes_build(target):
    words = command(target, "TARGET=ve", "VARIANT=softmax")
    assert words[words.index("--variant") + 1] == "softmax"
    build = ["make", "--dry-run", "--what-if=tools/caffe_build/CMakeLists.txt"]
    installed = ["--assume-old=.venv/.stamp-python", ".venv/.stamp-caffe", "VARIANT=softmax"]
    done = subprocess.run([*build, *installed], cwd=ROOT, capture_output=True, text=True)
    assert "build_caffe.py" in done.stdout and "softmax" not in done.stdout


@pytest.mark.parametrize("target", RECIPES)
def test_without_either_the_program_chooses(target):
    words = command(target, "TARGET=ve")
    assert "--run" not in words
    assert ("--cohort" in words) == (target == "train")


def test_training_is_on_the_phantoms_unless_a_cohort_is_named():
    assert len(commands("train", "TARGET=ve", "COHORT=x")) == 1  # no phantoms are made
    assert command("train", "TARGET=ve")[1:4] == ["ve", "--cohort", "build/phantom/cohort"]
    assert "--schedule" not in command("train", "TARGET=ve")
    assert "--go-on" in command("resume", "TARGET=ve", "COHORT=x")


def test_numbers_are_passed_where_they_are_named():
    words = command("train", "TARGET=ve", "COHORT=x", "SLICES=24", "BATCH=", "SCHEDULE=paper")
    assert words[words.index("--slices") + 1] == "24"
    assert words[words.index("--schedule") + 1] == "paper"
    assert "--batch" not in words


@pytest.mark.parametrize("target", ["train", "resume", "caffe-test", "evaluate"])
def test_a_variant_reaches_the_program_and_not_caffes_build(target, checkout):
    words = command(target, "TARGET=ve", "VARIANT=patient")
    assert words[words.index("--variant") + 1] == "patient"
    assert "--variant" not in command(target, "TARGET=ve")
    assert checkout("VARIANT=patient") == ["", ""]


def test_a_report_makes_what_is_stale_first():
    first, second, third = commands("report", "COHORT=my cohort")
    assert first[:4] == ["tools/evaluate.py", "--stale", "--cohort", "my cohort"]
    assert second[:4] == ["tools/score_baselines.py", "--stale", "--cohort", "my cohort"]
    assert third == ["tools/make_report.py", "--cohort", "my cohort"]


def test_reproduce_makes_phantoms_then_trains_and_compares_each_target_then_reports():
    numbers = ("REPRODUCE_COUNT=9", "REPRODUCE_FRACTIONS=6,1,2", "REPRODUCE_SCHEDULE=paper")
    done = commands("reproduce", *numbers)
    phantoms, split = done[:2]
    assert phantoms[phantoms.index("--n") + 1] == "9" and "--stored" in phantoms
    assert split[split.index("--fractions") + 1] == "6,1,2"
    trained = [words for words in done if words[0] == "tools/train.py"]
    assert [words[1] for words in trained] == ["ve", "fev1fvc", "fev1pp"]
    for words in trained:
        assert words[words.index("--run") + 1] == f"runs/reproduce/{words[1]}"
        assert words[words.index("--schedule") + 1] == "paper" and "--resume" in words
    assert [words[1] for words in done if words[0] == "tools/score_baselines.py"] == [
        "ve", "fev1fvc", "fev1pp", "--stale",
    ]  # fmt: skip
    assert done[-1][0] == "tools/make_report.py"


@pytest.mark.parametrize(
    ("said", "name"), [("VIEW=coronal", "coronal"), ("VARIANT=followup", "followup")]
)
def test_what_phantoms_of_thick_slices_lack_is_trained_on_others(said, name):
    done = commands("train", "TARGET=ve", said)
    words = done[-1]
    assert words[words.index("--cohort") + 1] == "build/variants/cohort"
    assert words[words.index("--run") + 1] == f"runs/ve-{name}"
    assert words[words.index("--schedule") + 1] == "demo"
    (words,) = commands("train", "TARGET=ve", said, "COHORT=x", "RUN=y", "SCHEDULE=paper")
    assert words[words.index("--cohort") + 1] == "x" and words[words.index("--run") + 1] == "y"
    assert words.count("--schedule") == 1


@pytest.mark.parametrize("goal", ["sweep-slices", "export", "report"])
@pytest.mark.parametrize("said", ["VIEW=coronal", "VARIANT=patient"])
def test_a_target_that_would_pass_over_a_variant_refuses_it(goal, said):
    done = subprocess.run(
        ["make", "--dry-run", goal, "TARGET=ve", said], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert f"make {goal} takes no VIEW or VARIANT" in done.stderr


def test_a_sweep_takes_out():
    (words,) = commands("sweep-slices", "TARGET=ve", "COHORT=x", "OUT=a b", "SLICES=8,12")
    assert words[words.index("--out") + 1] == "a b"
    assert words[words.index("--slices") + 1] == "8,12"


@pytest.mark.parametrize("target", ["", "lung", "v'e", "ve fev1fvc", "$$(id)"])
def test_another_target_stops_with_the_list(target):
    done = subprocess.run(
        ["make", "known-target", f"TARGET={target}"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "choose one of: ve fev1fvc fev1pp" in done.stderr


def known(*said):
    command = ["make", "known-target", *said]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_target_that_the_cohort_declares_is_known_and_its_list_names_it(tmp_path):
    cohort = tmp_path / "my cohort"
    cohort.mkdir()
    (cohort / "targets.csv").write_text('"name",min,max\r\nage,1,2\r\n"pack_years",1,2\r\n')
    for name in ("age", "pack_years", "ve"):
        assert known(f"TARGET={name}", f"COHORT={cohort}").returncode == 0
    done = known("TARGET=pack", f"COHORT={cohort}")
    assert done.returncode == 2
    assert "choose one of: ve fev1fvc fev1pp age pack_years\n" in done.stderr
    assert known("TARGET=lung_ml").returncode == 0  # the phantoms declare it
    assert known("TARGET=age").returncode == 2


def test_what_a_named_run_predicts_is_for_the_programs_to_say():
    assert known("TARGET=age", "RUN=runs/x").returncode == 0
    assert known("TARGET=$$(id)", "RUN=runs/x").returncode == 2
    assert known("TARGET=a b", "RUN=runs/x").returncode == 2


@pytest.fixture
def checkout(tmp_path):
    """A function that runs make in a copy of the Makefile, where Python is installed."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".venv").mkdir()
    kept = [".venv/.caffe-variant", ".venv/.caffe-engine"]

    def make(*said):
        command = ["make", "--assume-old=.venv/.stamp-python", *said, *kept]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return [(tmp_path / path).read_text().strip() for path in kept]

    return make


def test_a_variant_of_the_network_is_none_of_caffe(checkout):
    assert checkout("VARIANT=softmax") == ["", ""]
    assert checkout("VIEW=coronal") == ["", ""]


def test_the_engine_and_the_gpu_that_were_said_last_stay_so(checkout):
    gpu, other = "--cuda '12' --archs '61 90'", "--cuda '0' --archs ''"
    assert checkout() == ["", ""]
    assert checkout("ENGINE=caffe") == ["", "--engine 'caffe'"]
    assert checkout("CUDA=12", "CUDA_ARCHS=61 90") == [gpu, "--engine 'caffe'"]
    assert checkout() == [gpu, "--engine 'caffe'"]
    assert checkout("ENGINE=onednn") == [gpu, "--engine 'onednn'"]
    assert checkout("--dry-run", "CUDA=0") == [gpu, "--engine 'onednn'"]
    assert checkout("CUDA=0") == [other, "--engine 'onednn'"]


def test_an_unknown_engine_is_refused_and_the_environments_is_not_meant():
    command = ["make", "--dry-run", "help"]
    done = subprocess.run([*command, "ENGINE=gpu"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "ENGINE is 'gpu'; choose one of: onednn caffe" in done.stderr
    env = os.environ | {"ENGINE": "docker"}
    assert subprocess.run(command, cwd=ROOT, capture_output=True, env=env).returncode == 0


def trained_by(*said, **options):
    """make's command for caffe-test, which it does not run, or what it says instead."""
    command = ["make", "--dry-run", "--assume-old=.venv/.stamp-caffe", "caffe-test", *said]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, **options)
    return done.returncode, (done.stdout if done.returncode == 0 else done.stderr)


@pytest.mark.parametrize(
    ("said", "option"),
    [
        ([], ""),
        (["VIEW=axial"], ""),
        (["VIEW=coronal"], "--variant coronal"),
        (["VIEW=sagittal"], "--variant sagittal"),
        (["VARIANT=softmax"], "--variant 'softmax'"),
    ],
)
def test_a_view_is_a_variant_and_axial_slices_are_the_papers(said, option):
    code, text = trained_by("TARGET=fev1fvc", *said)
    (command,) = re.findall("tools/caffe_test.py .*", text)
    assert code == 0 and command.split() == [
        *("tools/caffe_test.py", "fev1fvc", *option.split(), "--gpu", "'auto'"),
    ]


@pytest.mark.parametrize("view", ["oblique", "", "coronal sagittal", "Coronal"])
def test_an_unknown_view_is_refused_with_the_list_and_the_environments_is_not_meant(view):
    code, text = trained_by("TARGET=fev1fvc", f"VIEW={view}")
    assert code == 2 and f"VIEW is '{view}'; choose one of: axial coronal sagittal" in text
    env = os.environ | {"VIEW": "tree"}
    assert trained_by("TARGET=fev1fvc", env=env)[0] == 0


def test_a_view_and_a_variant_are_two_networks():
    code, text = trained_by("TARGET=ve", "VIEW=coronal", "VARIANT=softmax")
    assert code == 2 and "VIEW and VARIANT are two networks; choose one" in text

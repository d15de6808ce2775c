"""Fixtures: a synthetic chest, a cohort of them, and run folders made from it."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chest import make_chest, write_scan
from hypothesis import settings
from processes import LIMIT_S

from tools.caffe_run.caffe_install import import_caffe

pytest_plugins = ["short_training", "own_cohort", "paired_cohort", "thin_cohort"]  # their fixtures

ROOT = Path(__file__).resolve().parent.parent
# The corpus names sizes and slices of this grid.
PHANTOM_GRID = {
    "spacing_mm": 0.6281, "slice_mm": 5.64, "thick_mm": 2.0, "slices": 52, "slices_below": 3,
    "circle": False, "inspiration_hu": -30.0,  # a good breath: some lung is below -900 HU
}  # fmt: skip
TINY_SCANS, TINY_FRACTIONS = 16, "10,3,3"

# A shell's background jobs ignore Ctrl-C, and so would the programs that the tests stop by it.
signal.signal(signal.SIGINT, signal.default_int_handler)

import_caffe()  # first: a plain `import caffe` would log to the stderr that tests look at

settings.register_profile("scan2num", deadline=None, max_examples=100, database=None)
settings.load_profile("scan2num")


@pytest.fixture(scope="session")
def chest():
    """One chest."""
    return make_chest()


@pytest.fixture(scope="session")
def phantom():
    """A phantom of the cohort at half its matrix, as corpus.case.Chest."""
    from corpus.case import Chest

    from data.phantom.render import render
    from data.phantom.subject import draw_subject

    subject = replace(draw_subject(np.random.default_rng([7, 6, 0])), **PHANTOM_GRID)
    drawn = render(subject, np.random.default_rng([7, 6, 1]))
    half = (slice(None), slice(None, None, 2), slice(None, None, 2))
    spacing_mm = (subject.slice_mm, 2 * subject.spacing_mm, 2 * subject.spacing_mm)
    return Chest(drawn.hu[half], drawn.mask[half], spacing_mm)


@pytest.fixture
def run_tool(tmp_path):
    """A function that runs tools/NAME.py as users do, from another folder and without a GPU."""

    def run(name, *arguments, **options):
        return subprocess.run(
            [sys.executable, ROOT / "tools" / f"{name}.py", *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
            **options,
        )

    return run


@pytest.fixture(scope="session")
def tiny_cohort(tmp_path_factory) -> Path:
    """A prepared and split cohort of 16 chests: 10 train, 3 val, 3 test. Do not write into it."""
    from tools import prepare_cohort, split_cohort

    folder = tmp_path_factory.mktemp("tiny")
    rng = np.random.default_rng(7)
    patient = "age,sex,height_cm,weight_kg,pack_years,smoking"
    lines = [f"scan_id,path,ve,fev1fvc,fev1pp,site,{patient}"]
    for number in range(TINY_SCANS):
        badness = number / (TINY_SCANS - 1)
        chest = make_chest(
            seed=number, lung_hu=-840 - 60 * badness, shift_mm=rng.uniform(-8, 8, 3).tolist()
        )
        write_scan(folder / f"c{number:02d}.mhd", chest.hu, chest.spacing_mm)
        lines.append(
            f"c{number:02d},c{number:02d}.mhd,{5 * badness:.2f},{0.85 - 0.5 * badness:.3f},"
            f"{105 - 75 * badness:.1f},{'AB'[number % 2]},"
            # of some a cell is missing, of all the weight
            f"{50 + number},{['female', 'male'][number % 3 == 0]},{160 + 7 * number % 23},,"
            f"{'' if number % 5 == 0 else 3 * number},{['former', 'current', 'NA'][number % 3]}"
        )
    (folder / "scans.csv").write_text("\n".join(lines) + "\n")
    cohort = folder / "cohort"
    workers = str(min(2, os.cpu_count() or 1))
    prepare_cohort.main(
        [str(folder / "scans.csv"), "--out", str(cohort), "--workers", workers, "--quiet"]
    )
    split_cohort.main([str(cohort), "--fractions", TINY_FRACTIONS, "--quiet"])
    return cohort


@pytest.fixture(scope="session")
def random_run(tiny_cohort, tmp_path_factory):
    """A run folder of fev1pp whose weights were drawn, not trained. Do not write into it."""
    return drawn_run(tmp_path_factory.mktemp("runs") / "fev1pp", tiny_cohort)


def drawn_run(folder, cohort, variant=""):
    """Make a run folder, of the target and variant of its name, whose weights are drawn."""
    from pylayers.batch.variants import variant_named
    from pylayers.cohort.cohort import read_cohort
    from pylayers.files.file_hash import sha256
    from pylayers.files.whole_file import write_json
    from pylayers.lungs.crop import PREPROCESSING_VERSION
    from tools.training.run_folder import RunFolder
    from tools.training.run_manifest import target_facts
    from tools.training.run_prototxt import write_prototxts
    from tools.training.schedules import Schedule
    from tools.training.trained_patient import patient_facts

    caffe = import_caffe()
    target, _, named = folder.name.partition("-")
    run, cohort = RunFolder(folder), read_cohort(cohort)
    variant = variant_named(variant or named)
    run.snapshots.mkdir(parents=True)
    write_prototxts(run, cohort, target, Schedule(), 1, None, variant)
    net = caffe.Net(str(run.deploy), caffe.TEST)
    fill_randomly(net, seed=3)
    net.save(str(run.best_weights))
    write_json(
        run.best_json,
        {
            **target_facts(target, cohort),
            **({"variant": variant.name} if variant.name else {}),
            **patient_facts(variant, cohort, target),
            "weights_sha256": sha256(run.best_weights),
            "phantom": True,
            "preprocessing_version": PREPROCESSING_VERSION,
            "trained_on": {  # wide, so that no test's scan is outside by accident
                "scans": 10,
                "pixel_mm": {"min": 0.3, "median": 0.7, "max": 3.0},
                "slice_mm": {"min": 0.5, "median": 5.0, "max": 10.0},
                "kernels": {"soft": 6, "sharp": 4},
            },
        },
    )
    return run


def fill_randomly(net, seed: int) -> None:
    """Give every parameter of a net drawn values that keep activations near 1."""
    rng = np.random.default_rng(seed)
    for weights, bias in net.params.values():
        scale = np.sqrt(2.0 / np.prod(weights.data.shape[1:]))
        weights.data[...] = rng.normal(0, scale, weights.data.shape)
        bias.data[...] = rng.normal(0, 0.1, bias.data.shape)

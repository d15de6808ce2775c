"""The loader's work on one core against scipy, torchio, MONAI and a store compressed by gzip."""

from contextlib import ExitStack
from pathlib import Path

import h5py
import numpy as np

from pylayers.batch.stack import (
    FILL_HU,
    SIDE,
    WINDOW_CENTRE_HU,
    WINDOW_HIGH_HU,
    WINDOW_LOW_HU,
    WINDOW_SCALE_HU,
    draw_augmentation,
    slice_indices,
)
from pylayers.cohort.cohort import read_cohort
from pylayers.cohort.store import DATASET
from pylayers.files.whole_file import whole_file
from tools.bench.comparison import comparison
from tools.bench.engine import Engine, EngineFailed
from tools.bench.rounds import interleaved
from tools.bench.settings import SEED, TARGET, Settings

# Mean absolute difference from ours, in parts of what a shift of ours by one pixel makes: rounding
# to whole HU comes to 0.007, an angle that is 1 degree off to 0.5 and more.
SAME_WORK = 0.05
SCANS = 8  # whose stacks are made in turn
COMPARED = 2  # of them, one mirrored and one not
GZIP_LEVEL = 4
GOAL = 5.0
RIVALS = {"torchio": "torchio_loader", "scipy": "scipy_loader", "monai": "monai_loader"}

SHOWN = {"monai": "MONAI", "gzip": "a gzip store"}


def measure_rivals(settings: Settings) -> dict:
    """Return loader_vs_torchio, _vs_scipy, _vs_monai (their CPU time over ours) and _vs_gzip."""
    jobs = jobs_of(settings)
    results, missing = {}, {}
    with ExitStack() as stack:
        ours = stack.enter_context(Engine("our_loader", 1))
        makers = {
            "ours": (ours, jobs),
            "gzip": (ours, [gzip_job(j, settings.folder) for j in jobs]),
        }
        stacks = [(job, ours.ask("made", job=job)) for job in jobs[:COMPARED]]
        agreement = {}
        for name, module in RIVALS.items():
            try:
                engine = stack.enter_context(Engine(module, 1, rival=True))
                difference = _difference(engine, stacks)
                agreement[name] = {
                    "difference_in_pixels": difference,
                    "version": engine.ask("version"),
                }
            except EngineFailed as error:
                missing[f"loader_vs_{name}"] = str(error)
                continue
            if difference > SAME_WORK:
                missing[f"loader_vs_{name}"] = (
                    f"other work: as far from ours as {difference:.2g} pixels"
                )
                continue
            makers[name] = engine, jobs
        cpu = _rounds(settings, makers)
    for name in makers:
        if name != "ours":
            results[f"loader_vs_{name}"] = comparison(
                f"{settings.slices} slices read, mirrored, rotated, placed, windowed: "
                f"time of {SHOWN.get(name, name)} / ours, on one core",
                cpu["ours"],
                cpu[name],
                ("our loader", SHOWN.get(name, name)),
                unit="CPU s",
                upside_down=True,
                **agreement.get(name, {}),
                **({"goal": {"at_least": GOAL}} if name == "torchio" else {}),
            )
    return results | {"not_measured": missing}


def _rounds(settings: Settings, makers: dict) -> dict[str, list[float]]:
    """Return each maker's CPU seconds a stack, per round; every round makes another scan's."""
    turn = dict.fromkeys(makers, 0)

    def timed(name: str) -> float:
        engine, jobs = makers[name]
        job = jobs[turn[name] % len(jobs)]
        turn[name] += 1
        cpu, _ = engine.ask("timed", job=job, count=2)
        return cpu

    tasks = {name: lambda name=name: timed(name) for name in makers}
    rounds = settings.rounds(3 * SCANS) * (2 if settings.quick else 1)
    return interleaved(tasks, rounds, settings.limit_s(45), "loader and rivals", settings.quiet)


def jobs_of(settings: Settings) -> list[dict]:
    """Return the jobs that all do: augmented stacks of scans of the training split."""
    cohort = read_cohort(settings.cohort)
    jobs = []
    for number, scan in enumerate(cohort.labelled("train", TARGET)[:SCANS]):
        path = cohort.store_path(scan)
        with h5py.File(path) as file:
            n = len(file[DATASET])
        drawn = draw_augmentation(np.random.default_rng([SEED, number]), settings.slices)
        jobs.append(
            {
                "path": str(path.resolve()),
                "indices": slice_indices(n, settings.slices, drawn.offset).tolist(),
                "mirror": number % 2 == 0,
                "angles_deg": drawn.angles_deg.tolist(),
                "side": SIDE,
                "air_hu": FILL_HU,
                "window": (WINDOW_LOW_HU, WINDOW_HIGH_HU, WINDOW_CENTRE_HU, WINDOW_SCALE_HU),
            }
        )
    return jobs


def gzip_job(job: dict, folder: Path) -> dict:
    """Return a job on a copy of its crop that is compressed by gzip, made where it is missing."""
    source = Path(job["path"])
    path = folder / f"gzip{GZIP_LEVEL}" / source.name
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(source) as file, whole_file(path) as partial, h5py.File(partial, "w") as copy:
        hu = file[DATASET]
        copy.create_dataset(
            DATASET,
            data=hu[:],
            chunks=hu.chunks,
            shuffle=True,
            compression="gzip",
            compression_opts=GZIP_LEVEL,
        )
    return job | {"path": str(path.resolve())}


def _difference(engine: Engine, stacks: list[tuple[dict, np.ndarray]]) -> float:
    """Return how far a rival's stacks are from ours, in the unit of SAME_WORK."""
    away, pixel = 0.0, 0.0
    for job, ours in stacks:
        away += np.abs(engine.ask("made", job=job) - ours).mean()
        pixel += np.abs(np.roll(ours, 1, axis=-1) - ours).mean()
    return float(away / pixel)

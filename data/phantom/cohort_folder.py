"""The phantom cohort on disk: names, images, the table and the stamp of the folder's seed."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from data.phantom.patient import draw_patient
from data.phantom.simulation import FACTS_OF_SUBJECT
from data.phantom.subject import Subject
from pylayers.cohort.cohort import PHANTOM, write_targets
from pylayers.cohort.own_targets import read_targets
from pylayers.cohort.patient_data import PATIENT_COLUMNS
from pylayers.cohort.targets import Target
from pylayers.errors import UsageError

VERSION = 10  # raise it whenever the same seed gives other voxels or labels
STAMP = "generator.json"
FOLDERS = ("scans", "masks", "facts")
COLUMNS = (
    # what a cohort needs
    "scan_id", "subject_id", "path", "mask", "ve", "fev1fvc", "fev1pp", "source",
    # readers and noise-free values
    "ve_reader1", "ve_reader2", "ve_noise_free", "fev1fvc_noise_free", "fev1pp_noise_free",
    # emphysema: destroyed fractions of the lungs and of the worst zone, of which the grade is
    "extent", "worst_zone", "paraseptal_extent",
    # the true lungs without airways: percent below -950 HU, HU, mean HU with vessels, ml
    "laa950", "perc15", "mean_hu", "lung_ml",
    # what the subject was drawn with: subject.py
    *FACTS_OF_SUBJECT, "dome_mm", "kernel", "slices",
    # who it is: patient.py
    *PATIENT_COLUMNS,
)  # fmt: skip


def scan_id_of(index: int) -> str:
    """Return the name of phantom `index`."""
    return f"phantom_{index:04d}"


def facts_path(out: Path, index: int) -> Path:
    """Return where the facts of phantom `index` are: its row of the table."""
    return out / "facts" / f"{scan_id_of(index)}.json"


def write_facts(path: Path, row: dict) -> None:
    """Write a phantom's row of the table as JSON."""
    path.write_text(json.dumps(row, indent=1) + "\n")


def row_of(out: Path, index: int) -> dict:
    """Return the row of the table of phantom `index`, but for the paths of its scan."""
    name = scan_id_of(index)
    facts = json.loads(facts_path(out, index).read_text())
    seed = json.loads((out / STAMP).read_text())["seed"]
    return (
        draw_patient(seed, index, facts)
        | facts
        | {
            "scan_id": name,
            "subject_id": name.replace("phantom", "subject"),
            "source": PHANTOM,
        }
    )


def paths_of(out: Path, index: int) -> dict[str, Path]:
    """Return the files of phantom `index` (from 1): mhd, raw, facts and, of odd ones, mask."""
    name = scan_id_of(index)
    paths = {
        "mhd": out / "scans" / f"{name}.mhd",
        "raw": out / "scans" / f"{name}.raw",
        "facts": facts_path(out, index),
    }
    if index % 2:
        paths["mask"] = out / "masks" / f"{name}_partialLungLabelMap.nrrd"
    return paths


def write_image(array: np.ndarray, subject: Subject, path: Path) -> None:
    """Write an array (z, y, x) as an LPS image with the subject's spacing.

    A mask is compressed; of a scan, noise leaves little to gain for half the time that it takes.
    """
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((subject.spacing_mm, subject.spacing_mm, subject.slice_mm))
    middle = -subject.spacing_mm * (array.shape[2] - 1) / 2
    image.SetOrigin((middle, middle, -subject.slice_mm * array.shape[0]))
    sitk.WriteImage(image, str(path), path.suffix == ".nrrd", compressionLevel=1)


def declare_targets(folder: Path, more: Iterable[Target] = ()) -> None:
    """Declare what a network may learn of phantoms beside the paper's targets, and more of it."""
    write_targets(folder, [*read_targets(Path(__file__).parent).values(), *more])


def claim_folder(
    out: Path,
    seed: int,
    thin_share: float = 0.0,
    folders: Iterable[str] = FOLDERS,
    thickest_mm: float | None = None,
) -> None:
    """Make `out` the folder of the cohort of a seed, a share of thin slices and the thickest.

    folders: to make in it. Raises UsageError when it holds another cohort or cannot be written.
    """
    stamp = out / STAMP
    slices = {"thin_share": thin_share, "thickest_mm": thickest_mm}
    own = {"seed": seed, "version": VERSION} | {k: v for k, v in slices.items() if v}
    try:
        if stamp.exists():
            check_stamp(stamp, own)
        for folder in folders:
            (out / folder).mkdir(parents=True, exist_ok=True)
        if not stamp.exists():
            stamp.write_text(json.dumps(own) + "\n")
    except OSError as error:
        raise UsageError(f"{out} cannot be used: {error.strerror}") from None


def check_stamp(stamp: Path, own: dict[str, float]) -> None:
    """Raise UsageError unless a folder's stamp is our own."""
    try:
        other = dict(json.loads(stamp.read_text()))
    except (ValueError, TypeError):
        raise UsageError(f"{stamp} is damaged; choose another folder or delete it") from None
    if other != own:
        raise UsageError(
            f"{stamp.parent} holds phantoms of {stamp_text(other)}, not of {stamp_text(own)}; "
            "choose another folder or delete it"
        )


def stamp_text(stamp: dict[str, float]) -> str:
    """Return what a stamp says, in words."""
    thin = f", thin share {stamp['thin_share']}" if "thin_share" in stamp else ""
    mm = f", slices of at most {stamp['thickest_mm']} mm" if "thickest_mm" in stamp else ""
    return f"seed {stamp.get('seed')}, version {stamp.get('version')}{thin}{mm}"

"""A small cohort of stored crops with lung masks, whose labels follow their density."""

import numpy as np

from pylayers.cohort.cohort import Cohort, read_cohort, store_path, write_rows
from pylayers.cohort.store import write_crop
from pylayers.lungs.crop import Box, LungCrop, packed
from pylayers.lungs.densitometry import laa950, perc15, volume_l

SHAPE, SPACING_MM = (8, 24, 30), (6.0, 3.0, 3.0)


def lungs_of(shape=SHAPE):
    """Two ellipsoids side by side, bool (z, y, x)."""
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    return sum((z**2 + y**2 + ((x - side) / 0.45) ** 2 < 1) for side in (-0.52, 0.52)) > 0


def crop_of(hu, lungs, spacing_mm=SPACING_MM):
    """The crop of a volume and its mask, with what is measured on it."""
    measured = volume_l(lungs, spacing_mm), laa950(hu[lungs]), perc15(hu[lungs])
    box = Box(0, hu.shape[0], 0, hu.shape[1], 0, hu.shape[2])
    return LungCrop(hu, spacing_mm, -100.0, box, *measured, True, lung_bits=packed(lungs))


def make_stored_cohort(folder, splits=None, seed=3) -> Cohort:
    """Write cohort.csv and stores; splits: name -> number of scans."""
    splits = splits or {"train": 20, "val": 8, "test": 12}
    rng = np.random.default_rng(seed)
    lungs, rows = lungs_of(), []
    (folder / "scans").mkdir(parents=True)
    for split, count in splits.items():
        for _ in range(count):
            name, badness = f"p{len(rows):03d}", rng.random()
            hu = rng.normal(-840 - 80 * badness, 30 + 60 * badness, SHAPE)
            hu[~lungs] = 40
            crop = crop_of(hu.clip(-1024, 200).astype(np.int16), lungs)
            write_crop(store_path(folder, name), crop)
            label = 0.85 - 0.5 * badness + rng.normal(0, 0.01)
            rows.append(
                {
                    "scan_id": name,
                    "split": split,
                    "ve": f"{5 * badness:.3f}",
                    "fev1fvc": f"{label:.4f}",
                    "fev1fvc_noise_free": f"{0.85 - 0.5 * badness:.4f}",
                    "laa950": f"{crop.laa950:.4f}",
                    "perc15": f"{crop.perc15_hu:.2f}",
                    "lungs_l": f"{crop.lungs_l:.4f}",
                }
            )
    write_rows(folder / "cohort.csv", rows)
    return read_cohort(folder)

"""Coarse features of a scan: densities and volume of the whole lungs, and the chest's size."""

import numpy as np

from pylayers.lungs.crop import LungCrop

# Percent of the lung below: -910 and -856 HU beside -950 are the thresholds of the field; CIP and
# COPDGene report the three.
LAA_910_HU, LAA_856_HU = -910, -856


def density_features(crop: LungCrop) -> dict[str, np.ndarray]:
    """Return the coarse features of a crop that has its lung mask, each a number.

    lungs_l: litres. mean_hu, median_hu, perc15_hu: HU. laa950, laa910, laa856: percent of the lung
    below. width_mm, depth_mm, height_mm: of the lungs' box, left-right, front-back, up-down.
    """
    lung = crop.hu[crop.lungs]
    height_mm, depth_mm, width_mm = (
        count * mm for count, mm in zip(crop.hu.shape, crop.spacing_mm, strict=True)
    )
    features = {
        "lungs_l": crop.lungs_l,
        "mean_hu": lung.mean(dtype=float),
        "median_hu": np.median(lung),
        "perc15_hu": crop.perc15_hu,
        "laa950": crop.laa950,
        "laa910": 100 * np.mean(lung < LAA_910_HU),
        "laa856": 100 * np.mean(lung < LAA_856_HU),
        "width_mm": width_mm,
        "depth_mm": depth_mm,
        "height_mm": height_mm,
    }
    return {name: np.asarray(value, float) for name, value in features.items()}

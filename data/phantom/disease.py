"""Draws what is wrong with a subject's lungs, before any voxel is made.

Emphysema and two kinds of airway disease go together only loosely, as in smokers: each shows in the
image, each takes its own part of the lung function. That is why no single measurement tells it.
"""

import numpy as np

# Visual grades and GOLD stages of the cohort come out as in the paper's test set: published.py.
P_NO_EMPHYSEMA = 0.385
SEVERITY_BETA = (1.1, 2.0)  # of those with emphysema
MAX_EXTENT = 0.6  # destroyed fraction of the lung aimed at for severity 1

P_PANLOBULAR = 0.12  # of those with emphysema: diffuse, in the lower lobes
P_PARASEPTAL = (0.1, 0.45)  # without and with emphysema
P_UPPER = 0.75  # centrilobular emphysema of smokers prefers the upper lobes

# Airway disease, in standard deviations; a part goes with the emphysema.
AIRWAY_PER_SEVERITY = 1.2
WALL_MM, WALL_MM_PER_SD, WALL_RANGE_MM = 1.1, 0.36, (0.3, 2.6)
NODULES, NODULES_PER_SD = 0.7, 0.8  # per ml of lung in the median, and of the log

# What else goes with severity, and varies by itself. In patients the area of small vessels
# correlates with lung function by .18 to .46 (PMC8601304).
PRUNING, PRUNING_SD = 0.55, 0.16  # lost fraction of the small vessels at severity 1
INFLAMMATION_HU, INFLAMMATION_SD_HU = 12.0, 7.0  # by which intact tissue is denser


def draw_disease(rng: np.random.Generator) -> dict:
    """Return the fields of a Subject that say what is wrong with the lungs."""
    sick = rng.random() >= P_NO_EMPHYSEMA
    severity = rng.beta(*SEVERITY_BETA) if sick else 0.0
    panlobular = bool(rng.random() < P_PANLOBULAR)
    upper = rng.random() < P_UPPER and not panlobular
    slope = rng.uniform(0.5, 2.8) if upper else rng.uniform(-2.2, -0.3)
    walls, airways = rng.normal(AIRWAY_PER_SEVERITY * (severity - 0.25), 1, 2)
    paraseptal = rng.random() < P_PARASEPTAL[int(sick)]
    return {
        "severity": severity,
        "panlobular": panlobular,
        "zone_slope": slope,
        "side_log_ratio": rng.normal(0, 0.35),
        "patchiness": rng.uniform(0.4, 1.3),
        "paraseptal": float(paraseptal * rng.uniform(0.1, 1.0)),
        "wall_mm": float(np.clip(WALL_MM + WALL_MM_PER_SD * walls, *WALL_RANGE_MM)),
        "nodules_per_ml": float(NODULES * np.exp(NODULES_PER_SD * np.clip(airways, -2.5, 2.5))),
        "vessels": float(np.clip(1 - PRUNING * severity + rng.normal(0, PRUNING_SD), 0.4, 1.5)),
        "inflammation_hu": INFLAMMATION_HU * severity + rng.normal(0, INFLAMMATION_SD_HU),
    }

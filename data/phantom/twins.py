"""Second scans of a cohort's phantoms, by kind: each from (seed, number) and a stream of its own.

The first scans, their labels and columns do not depend on whether there are any.
"""

import numpy as np

from data.phantom.chest_plan import plan_pathology
from data.phantom.earlier_visit import CHANGE, YEARS, before
from data.phantom.expiration import expired
from data.phantom.render import Phantom, lung_values, render, streams
from data.phantom.second_scans import OtherNoise
from data.phantom.simulation import image_rng
from data.phantom.subject import Subject, draw_subject

TWINS_VERSION = 1  # raise it whenever the same seed gives another second scan
EXPIRATION, EARLIER = KINDS = ("expiration", "earlier")
# Columns of the table beside the path, and what a network may learn of them.
COLUMNS = {
    EXPIRATION: ("trapped", "expiration_laa856", "expiration_mean_hu", "expiration_lung_ml"),
    EARLIER: (CHANGE.name, "earlier_laa950", "earlier_lung_ml", "earlier_years"),
}
TARGETS = {EXPIRATION: (), EARLIER: (CHANGE,)}
# In the seeds' fourth place, and never 0, which numpy takes for nothing.
STREAM, NUMBERS = 5, {EXPIRATION: (1, 2), EARLIER: (3, 4)}
AIR_TRAPPING_HU = -856


def simulate_second(
    seed: int, index: int, kind: str, thin_share: float = 0.0
) -> tuple[Subject, Phantom, dict]:
    """Return the second scan of phantom `index`, with its columns of the table."""
    subject = draw_subject(np.random.default_rng([seed, index, 0]), thin_share)
    rng = image_rng(seed, index)
    pathology = plan_pathology(subject, streams(image_rng(seed, index)).lesions)
    own, grain = (np.random.default_rng([seed, index, STREAM, n]) for n in NUMBERS[kind])
    if kind == EXPIRATION:
        second, lesions = expired(subject, pathology.extent, own), pathology
        columns = {"trapped": second.trapped}
    else:
        second, lesions = before(subject, pathology, own)
        change = 100 * (pathology.extent.extent - lesions.extent.extent)
        columns = {CHANGE.name: max(change, 0.0), "earlier_years": YEARS}
    phantom = render(second, OtherNoise(rng, grain), pathology=lesions)
    below = lung_values(phantom.hu, phantom.mask) < AIR_TRAPPING_HU
    facts = phantom.facts | {"laa856": float(100 * below.mean())}
    columns |= {f"{kind}_{name}": value for name, value in facts.items()}
    return second, phantom, {name: round(columns[name], 4) for name in COLUMNS[kind]}

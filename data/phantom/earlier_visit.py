"""A phantom three years before: a part of its holes was not there, and the scan was another.

Emphysema progresses faster where small airways are diseased, so that the change tells of the
airways' part of FEV1/FVC: by construction.
"""

import numpy as np

from data.phantom.acquisition import NOISE_SD_HU, P_KERNEL
from data.phantom.chest_plan import Pathology
from data.phantom.extent import measure
from data.phantom.labels import airway_scores
from data.phantom.lesions import Holes, Lesions
from data.phantom.second_scans import IN_PLANE, UPWARD, PlacedSubject
from data.phantom.second_visit import density, sliced
from data.phantom.subject import Subject
from pylayers.cohort.targets import Target

YEARS = 3.0
# Share of today's holes that came since. LAA-950 of heavy smokers grows by 1.07 to 1.12 points a
# year (Mohamed Hoesein et al. 2013, doi 10.1186/1465-9921-14-55); emphysema and, without it,
# diseased small airways predict how much (Pompe et al. 2021, doi 10.15326/jcopdf.2020.0140).
NEW, NEW_RANGE, NEW_PER_AIRWAYS, NEW_SD = 0.32, (0.03, 0.85), 0.25, 0.5
BREATH_SD_HU, SHIFT_SD_MM = 10.0, 4.0

CHANGE = Target("emphysema_change", "Emphysema progression", "%", 0.0, 60.0, 20.0, 1)


def before(
    subject: Subject, pathology: Pathology, rng: np.random.Generator
) -> tuple[PlacedSubject, Pathology]:
    """Return a subject as it was scanned YEARS before, and its lesions then."""
    _, airways = airway_scores(subject.wall_mm, subject.nodules_per_ml)
    new = NEW * np.exp(NEW_PER_AIRWAYS * airways + rng.normal(0, NEW_SD))
    kept = 1 - float(np.clip(new, *NEW_RANGE))
    lesions = pathology.lesions
    then = Lesions(
        _thinned(lesions.parenchymal, kept, rng),
        _thinned(lesions.paraseptal, kept, rng),
        lesions.nodules,
    )
    earlier = Pathology(then, measure(subject, then, pathology.space), pathology.space)
    return _scanned(subject, rng), earlier


def _thinned(holes: Holes, kept: float, rng: np.random.Generator) -> Holes:
    """Return the holes that were there already; those that stay are as large as today."""
    old = rng.random(len(holes.radius)) < kept
    return Holes(*(values[old] for values in holes))


def _scanned(subject: Subject, rng: np.random.Generator) -> PlacedSubject:
    """Return a subject in another breath and place, by another kernel and dose."""
    now = density(subject)
    denser = max(rng.normal(0, BREATH_SD_HU), -0.3 * now)
    volume = now / (now + denser)
    own = sliced(subject, volume**UPWARD)
    own["inspiration_hu"] += denser
    own["shift_mm"] = tuple(np.add(subject.shift_mm, rng.normal(0, SHIFT_SD_MM, 2)).tolist())
    own["kernel"] = kernel = str(rng.choice(list(NOISE_SD_HU), p=P_KERNEL))
    own["noise_sd_hu"] = float(np.exp(rng.uniform(*np.log(NOISE_SD_HU[kernel]))))
    return PlacedSubject(**own, scale=volume**IN_PLANE, scale_z=volume**UPWARD)

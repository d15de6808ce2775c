"""Who a phantom is: age, sex, height, weight and smoking, drawn to suit the lungs that it has.

Scans and labels come first, so these columns follow from them, with correlations of published size.
What they add to a network on phantoms is therefore so by construction. They are drawn from a
phantom's facts when the table is written: folders made before have them, too.
"""

from collections.abc import Mapping
from statistics import NormalDist

import numpy as np

from data.phantom.disease import INFLAMMATION_HU, INFLAMMATION_SD_HU
from pylayers.cohort.gold import COPD_BELOW
from pylayers.cohort.patient_data import (
    AGE,
    CURRENT,
    FEMALE,
    FORMER,
    HEIGHT,
    MALE,
    NEVER,
    PACK_YEARS,
    SEX,
    SMOKING,
    WEIGHT,
)

STREAM = 6  # of the seed; others have subject, image, labels and second scans

# Mean and sd of phantoms (seed 1, 1 to 1000), to standardise what the columns follow.
FEV1FVC_NOISE_FREE, FEV1FVC_DEVIATION = (0.691, 0.146), (0.0, 0.053)
LOG_DESTROYED = (1.505, 1.390)  # log of percent destroyed, plus the 1 % that health has below -950
LOG_SIZE = {FEMALE: (14.648, 0.240), MALE: (14.920, 0.234)}  # log of height, width and depth, mm
LOG_FAT = {FEMALE: (2.758, 0.353), MALE: (2.562, 0.333)}  # log of mm

# Age: COPDGene's (Pompe 2021, 10.15326/jcopdf.2020.0140). With age FEV1/FVC falls by .0015 a year
# in health (GLI-2012, Quanjer 2012, 10.1183/09031936.00080312: men of 175 cm .793 at 50 and .762 at
# 70), which no image shows: a part of what the spirometer adds to the noise-free label. Smokers
# with COPD are 5 years older than those without (Janssens 2010, 10.1136/thx.2009.120659): r = -.35
# with FEV1/FVC, of which the disease has the rest.
AGE_YEARS, AGE_RANGE = (60.7, 8.9), (40, 85)
AGE_BY_DEVIATION, AGE_BY_DISEASE = -0.25, -0.28
# Pack-years: of Janssens' patients 47 (33-63) against 39 (30-52) in smokers without COPD.
LOG_PACK_YEARS, PACK_YEARS_BY_DISEASE = (np.log(43.0), 0.45), -0.28
# Height: the sexes' means (Fryar 2021, Vital Health Stat 3 (46)) and sd (NCHS 1965, series 11, no.
# 8). TLC goes with its power of 2.2 to 2.3, and varies by .12 about that (GLI-2021, Hall 2021,
# 10.1183/13993003.00289-2020): r = .6 between the logs.
HEIGHT_CM, HEIGHT_BY_SIZE = {FEMALE: (161.3, 6.55), MALE: (175.3, 7.24)}, 0.6
# BMI: mean and sd of CanCOLD's smokers (PMC10186404); r = .80 between subcutaneous fat on CT and
# fat mass (PMC8165946); a unit more goes with .93 times the LAA-950 (Gu 2015, PMID 25703460).
BMI, BMI_RANGE = (28.0, 5.1), (15.0, 55.0)
BMI_BY_FAT, BMI_BY_DESTROYED = 0.8, float(np.log(0.93)) * BMI[1] / LOG_DESTROYED[1]
# Smoking: COPDGene had 108 never-smokers beside 4,388 smokers without COPD (Regan 2015,
# 10.1001/jamainternmed.2015.2735); 46 % of Janssens' smoked. Lungs of those who smoke are denser by
# 10.5 g/l (Shaker 2011, Eur Respir J 38 S55: 1883), here that of the tissue between the holes.
P_NEVER_WITHOUT_COPD, P_CURRENT = 108 / 4496, 0.46
CURRENT_DENSER_HU = 10.5


def draw_patient(seed: int, index: int, facts: Mapping) -> dict:
    """Return the columns of phantom `index` of a seed by its facts, the row of the table so far."""
    rng = np.random.default_rng([seed, index, STREAM])
    own = dict(zip((AGE, PACK_YEARS, HEIGHT, WEIGHT, SMOKING), rng.normal(size=5), strict=True))
    is_never = bool(rng.random() < P_NEVER_WITHOUT_COPD) and facts["fev1fvc"] >= COPD_BELOW
    sex = FEMALE if facts["breast_mm"] > 0 else MALE
    healthy = facts["fev1fvc_noise_free"]
    disease = _z(healthy, FEV1FVC_NOISE_FREE)
    deviation = _z(facts["fev1fvc"] - healthy, FEV1FVC_DEVIATION)
    destroyed = _z(np.log(100 * facts["extent"] + 1), LOG_DESTROYED)
    size = np.log(facts["lung_height_mm"] * facts["half_width_mm"] * facts["half_depth_mm"])
    fat = _z(np.log(facts["fat_mm"]), LOG_FAT[sex])

    age = _mixed(own[AGE], (AGE_BY_DEVIATION, deviation), (AGE_BY_DISEASE, disease))
    smoked = _mixed(own[PACK_YEARS], (PACK_YEARS_BY_DISEASE, disease))
    height = _mixed(own[HEIGHT], (HEIGHT_BY_SIZE, _z(size, LOG_SIZE[sex])))
    bmi = _mixed(own[WEIGHT], (BMI_BY_FAT, fat), (BMI_BY_DESTROYED, destroyed))
    height_cm = round(_scaled(height, HEIGHT_CM[sex]))
    bmi = float(np.clip(_scaled(bmi, BMI), *BMI_RANGE))
    pack_years = round(float(np.exp(_scaled(smoked, LOG_PACK_YEARS))), 1)
    smoking = CURRENT if _smokes(own[SMOKING], facts) else FORMER
    return {
        AGE: int(np.clip(round(_scaled(age, AGE_YEARS)), *AGE_RANGE)),
        SEX: sex,
        HEIGHT: height_cm,
        WEIGHT: round(bmi * (height_cm / 100) ** 2, 1),
        PACK_YEARS: 0.0 if is_never else pack_years,
        SMOKING: NEVER if is_never else smoking,
    }


def _smokes(own: float, facts: Mapping) -> bool:
    """Return whether somebody smokes: denser tissue makes it likelier, by a probit."""
    dense = (facts["inflammation_hu"] - INFLAMMATION_HU * facts["severity"]) / INFLAMMATION_SD_HU
    threshold = NormalDist().inv_cdf(1 - P_CURRENT)
    # the means of a normal value above and below a threshold differ by density / (p (1 - p)) sd
    gap = INFLAMMATION_SD_HU * NormalDist().pdf(threshold) / (P_CURRENT * (1 - P_CURRENT))
    return _mixed(own, (CURRENT_DENSER_HU / gap, dense)) > threshold


def _z(value: float, scale: tuple[float, float]) -> float:
    return (value - scale[0]) / scale[1]


def _scaled(z: float, scale: tuple[float, float]) -> float:
    return float(scale[0] + scale[1] * z)


def _mixed(own: float, *parts: tuple[float, float]) -> float:
    """Return a standard normal value: uncorrelated parts (weight, value) and its own rest."""
    rest = 1 - sum(weight**2 for weight, _ in parts)
    return sum(weight * value for weight, value in parts) + rest**0.5 * own

"""The paper's own numbers (arXiv 1909.12047): another cohort, for orientation only."""

from tools.stats.binary import binary_of_counts
from tools.stats.estimate import Estimate

# target: |rho|, 195 test scans; Figure 2
RHO = {
    "ve": Estimate(0.84, 0.80, 0.88),
    "fev1fvc": Estimate(0.82, 0.77, 0.86),
    "fev1pp": Estimate(0.73, 0.66, 0.78),
}
LAA950_RHO = {"ve": Estimate(0.56, 0.46, 0.64)}

# AUC of COPD at FEV1/FVC < 0.7; Table 4, whose other methods were tested on cohorts of their own
COPD_AUC = {
    "scan2num (paper)": Estimate(0.94, 0.91, 0.96),
    "Mets 2011": Estimate(0.83, 0.81, 0.86),
    "Mets 2013, asymptomatic": Estimate(0.83, 0.80, 0.87),
    "Mets 2013, symptomatic": Estimate(0.91, 0.88, 0.93),
}

# slices: rho of FEV1/FVC; Table 6
SLICES_RHO = {
    8: Estimate(0.78, 0.72, 0.82),
    12: Estimate(0.79, 0.74, 0.84),
    16: Estimate(0.82, 0.77, 0.86),
    24: Estimate(0.81, 0.76, 0.85),
}

# first reader against the other, first reader against the system, P(first > second); section 4.1
RHO_READERS, RHO_SYSTEM = Estimate(0.84, 0.80, 0.88), Estimate(0.79, 0.74, 0.84)
P_READERS_STRONGER = 0.93

COPD = binary_of_counts(  # Table 3
    true_positive=83, false_positive=10, false_negative=11, true_negative=91
)

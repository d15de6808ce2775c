"""The paper's own numbers (arXiv 1909.12047): another cohort, for orientation only."""

# target or pair: (|rho|, low, high), 195 test scans; Figure 2
RHO = {"ve": (0.84, 0.80, 0.88), "fev1fvc": (0.82, 0.77, 0.86), "fev1pp": (0.73, 0.66, 0.78)}
LAA950_RHO = {"ve": (0.56, 0.46, 0.64)}
VE_RHO = {"fev1fvc": (0.70, 0.63, 0.75), "fev1pp": (0.47, 0.37, 0.56)}

# AUC of COPD at FEV1/FVC < 0.7; Table 4, whose other methods were tested on cohorts of their own
COPD_AUC = {
    "scan2num (paper)": (0.94, 0.91, 0.96),
    "Mets 2011": (0.83, 0.81, 0.86),
    "Mets 2013, asymptomatic": (0.83, 0.80, 0.87),
    "Mets 2013, symptomatic": (0.91, 0.88, 0.93),
}

# slices: rho of FEV1/FVC with its interval; Table 6
SLICES_RHO = {
    8: (0.78, 0.72, 0.82),
    12: (0.79, 0.74, 0.84),
    16: (0.82, 0.77, 0.86),
    24: (0.81, 0.76, 0.85),
}

# first reader against the other, first reader against the system, P(first > second); section 4.1
READERS = {"rho_aa": (0.84, 0.80, 0.88), "rho_as": (0.79, 0.74, 0.84), "p": 0.93}

COPD_COUNTS = {"tn": 91, "fp": 10, "fn": 11, "tp": 83}  # Table 3

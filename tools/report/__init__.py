"""Report: the paper's results section for one's own cohort, from predictions of trained runs."""

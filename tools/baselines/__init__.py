"""Baselines: the related work of the paper (section 1.1), trained and tested on the same split."""

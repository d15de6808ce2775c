"""Cohort: the folder of labelled, stored crops that a network is trained and tested on."""

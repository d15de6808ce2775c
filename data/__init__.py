"""Cohorts: a folder for each study, with its importer or generator."""

"""The phantom cohort: simulated chest CT scans with simulated labels.

Phantoms say nothing about patients. They exist so that every command of the project can be run,
tested and timed without access to a closed study.
"""

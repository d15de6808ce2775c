"""Preloaded by Dask workers under test: scans are given to gated_score_worker."""

from tools.workers.worker_setup import ScoreSetup

ScoreSetup.module = "tests.helpers.gated_score_worker"

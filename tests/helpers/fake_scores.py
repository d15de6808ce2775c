"""Preloaded by Dask workers under test: scans are given to fake_worker."""

from tools.workers.worker_setup import ScoreSetup

ScoreSetup.module = "tests.helpers.fake_worker"

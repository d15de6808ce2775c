"""Time that passes for workers that hang and for no other, whatever the machine is busy with."""

from tools.workers import worker_pool
from tools.workers.worker_pool import Worker

LIMIT_S = 600.0  # for a scan: longer than any that is not hung can take


def let_time_pass(monkeypatch, hangs) -> None:
    """Let LIMIT_S pass for each worker at a job for which hangs(scan_id, pid) is true."""
    watch = Worker.watch

    def watch_later(worker, limit_s):
        if worker.job is not None and hangs(worker.job.scan_id, worker.process.pid):
            worker.since -= LIMIT_S
        watch(worker, limit_s)

    monkeypatch.setattr(worker_pool, "POLL_S", 0.05)
    monkeypatch.setattr(Worker, "watch", watch_later)

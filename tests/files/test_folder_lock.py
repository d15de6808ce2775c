"""The lock of a folder whose program was killed while its children live."""

import os
from types import SimpleNamespace

import pytest

from pylayers.errors import UsageError
from pylayers.files import folder_lock
from pylayers.files.folder_lock import ORPHAN_S, FolderLock

DEAD = 2**22 + 1  # above the greatest number that a process can have


@pytest.fixture
def orphans_lock(tmp_path):
    """A lock that children of a dead program hold."""
    with FolderLock(tmp_path, "training") as lock:
        os.pwrite(lock.file, str(DEAD).encode(), 0)
        yield lock


@pytest.mark.parametrize("step_s", [0.001, 50.0])
def test_an_orphan_is_waited_for_and_that_is_said_once(
    step_s, orphans_lock, tmp_path, monkeypatch, capsys
):
    """However fast or slow the machine is."""
    now, slept = [0.0], []

    def monotonic():
        now[0] += step_s
        return now[0]

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(folder_lock, "time", SimpleNamespace(monotonic=monotonic, sleep=sleep))
    with pytest.raises(UsageError, match="another training is at work in"):
        FolderLock(tmp_path, "training").__enter__()
    assert now[0] > ORPHAN_S and slept
    said = "waiting for the processes of a training that was killed\n"
    assert capsys.readouterr().err == said

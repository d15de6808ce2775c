"""What a case that fails is answered: its kind alone, the reason goes to the log."""

import errno

import pytest

from pylayers.errors import MachineError
from tools.container import challenge_case
from tools.container.invoke_app import answer_case


@pytest.fixture
def case(tmp_path):
    """The two folders of a case whose scan nobody reads."""
    (tmp_path / "input/images/ct").mkdir(parents=True)
    (tmp_path / "input/images/ct/Doe_Jane.mha").touch()
    (tmp_path / "output").mkdir()
    (tmp_path / "output/fev1-fvc-ratio.json").write_text("0.7\n")
    return tmp_path / "input", tmp_path / "output"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MachineError("reading a: the disk"), "error: reading a: the disk\n"),
        (MemoryError(), "error: the machine failed: not enough memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "error: the machine failed: No space"),
        (ValueError("of Doe_Jane"), "error: unexpected ValueError in test_invoke_app.py:"),
    ],
)
def test_a_failure_is_an_answer_and_a_line(error, said, case, monkeypatch, capsys):
    def fail(*_):
        raise error

    monkeypatch.setattr(challenge_case, "score", fail)
    assert answer_case(*case, []) == (500, {"status": "failed"})
    log = capsys.readouterr().err
    assert log.startswith(said)
    assert len(log.splitlines()) == 1 and "Doe" not in log
    assert list(case[1].iterdir()) == []


def test_an_output_folder_that_is_not_there_is_an_answer(case, capsys):
    inputs, output = case
    assert answer_case(inputs, output / "none", []) == (400, {"status": "no-case"})
    assert "there is no such folder" in capsys.readouterr().err

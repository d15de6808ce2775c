"""Progress is shown on a terminal only, and never when a program is to be quiet."""

import io

from pylayers.command_line.progress_bar import progress_bar, say


class Terminal(io.StringIO):
    """A file that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def stderr_is(file: io.StringIO, monkeypatch) -> io.StringIO:
    """Let stderr be a file; not in a fixture, since pytest sets its own before the test."""
    monkeypatch.setattr("sys.stderr", file)
    return file


def test_a_bar_is_shown_on_a_terminal(monkeypatch):
    terminal = stderr_is(Terminal(), monkeypatch)
    bar = progress_bar(range(3), name="look", unit="scan", quiet=False)
    assert list(bar) == [0, 1, 2]
    assert "look: 100%" in terminal.getvalue()


def test_a_bar_goes_on_from_what_was_done(monkeypatch):
    terminal = stderr_is(Terminal(), monkeypatch)
    with progress_bar(name="score", unit="scan", quiet=False, total=8, start=6) as bar:
        bar.update()
    assert "7/8" in terminal.getvalue()


def test_a_quiet_bar_shows_nothing(monkeypatch):
    terminal = stderr_is(Terminal(), monkeypatch)
    assert list(progress_bar(range(3), name="look", unit="scan", quiet=True)) == [0, 1, 2]
    assert terminal.getvalue() == ""


def test_a_bar_shows_nothing_where_stderr_is_a_file(monkeypatch):
    file = stderr_is(io.StringIO(), monkeypatch)
    assert list(progress_bar(range(3), name="look", unit="scan", quiet=False)) == [0, 1, 2]
    assert file.getvalue() == ""


def test_a_line_is_printed_unless_quiet(capsys):
    say("one", quiet=True)
    say("two", quiet=False)
    assert capsys.readouterr().out == "two\n"

"""The display of a long fit."""

from skgru.ets._progress import LINES, Progress


def test_a_short_log(capsys):
    progress = Progress("ETS", 1000, 1)
    for done in range(1, 1001):
        progress.show(done)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == LINES
    assert lines[-1].startswith("ETS  1,000/1,000 series")


def test_silence(capsys):
    Progress("ETS", 3, 0).show(3)
    assert capsys.readouterr().out == ""

"""A line rewritten on a terminal, a short log elsewhere, silence when asked."""

import sys

import pytest

from skgru.gru import _progress


@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (1, 11), (2, 100)])
def test_a_log_is_short(capsys, verbose, lines):
    progress = _progress.Progress("Name", 100, verbose)
    for epoch in range(1, 101):
        progress.show(epoch, 1 / epoch, None)
    progress.close()
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == lines
    assert not printed or printed[-1].startswith("Name  epoch 100/100  loss 0.0100")


def test_a_terminal_line_is_rewritten(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    progress = _progress.Progress("Name", 2, 1)
    progress.show(1, 0.5, 0.75)
    progress.show(2, 0.25, 0.8)
    progress.close()
    printed = capsys.readouterr().out
    assert printed.count("\r") == 2
    assert printed.endswith("#]\n")
    assert "validation score 0.8000" in printed

import sys

import pytest

from skgru import GRULanguageModel
from skgru.text._progress import Progress

MODEL = {"units": 8, "epochs": 2, "random_state": 0}
TEXT = "the cat sat on the mat. " * 20


@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (1, 2), (True, 2), (2, 4)])
def test_a_log(capsys, verbose, lines):
    GRULanguageModel(**MODEL, verbose=verbose).fit(TEXT)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == lines
    assert all("loss" in line for line in printed[:: 2 if verbose == 2 else 1])


def test_a_line_rewritten_in_place(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    progress = Progress("Title", 1, 2, 1)
    progress.show(1, 1, 2.0)
    progress.show(1, 2, 1.0)
    progress.close()
    printed = capsys.readouterr().out
    assert printed.endswith("[####################]\n")
    assert printed.count("\n") == 1

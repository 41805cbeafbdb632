"""One line in place on terminals and in notebooks, a log elsewhere."""

import io
import sys

import pytest

from skgru._status_line import StatusLine


class OutStream(io.StringIO):
    """What a notebook's kernel has for `sys.stdout`, by the name of its module."""

    __module__ = "ipykernel.iostream"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(monkeypatch, stream, texts, rewrite=True):
    monkeypatch.setattr(sys, "stdout", stream)
    line = StatusLine(rewrite)
    for done, text in enumerate(texts, 1):
        line.show(text, done / len(texts))
    line.close()
    return stream.getvalue()


def test_a_file_gets_a_log(monkeypatch):
    assert shown(monkeypatch, io.StringIO(), ["one", "two"]) == "one\ntwo\n"


@pytest.mark.parametrize("stream", [OutStream, Terminal])
def test_a_terminal_and_a_notebook_have_one_line(monkeypatch, stream):
    printed = shown(monkeypatch, stream(), ["one", "two"])
    assert printed == f"\rone  [{10 * '#'}{10 * '.'}]\rtwo  [{20 * '#'}]\n"


@pytest.mark.parametrize("stream", [OutStream, Terminal])
def test_who_wants_lines_gets_them(monkeypatch, stream):
    assert shown(monkeypatch, stream(), ["one", "two"], rewrite=False) == "one\ntwo\n"


def test_nothing_of_a_longer_line_is_left(monkeypatch):
    _, first, second = shown(monkeypatch, Terminal(), ["12.3 s", "1 s"]).split("\r")
    assert second.rstrip("\n") == f"1 s  [{20 * '#'}]".ljust(len(first))


@pytest.mark.parametrize("columns", [10, 60, 70, 80, 200])
def test_a_line_fits_into_the_window(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    text = "GRUClassifier  epoch 10/10  loss 0.1000  validation score 0.9000  1.0 s"[:60]
    *_, last = shown(monkeypatch, Terminal(), [text, text]).rstrip("\n").split("\r")
    assert len(last) < columns
    assert last.startswith(text[: columns - 1])
    assert last.endswith("#]") == (columns >= 70)


def test_a_notebook_is_as_wide_as_it_likes(monkeypatch):
    monkeypatch.setenv("COLUMNS", "10")
    assert "#]" in shown(monkeypatch, OutStream(), ["a line longer than ten"])


def test_a_line_that_stays(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    line = StatusLine(True)
    line.show("one", 1.0)
    line.tell("it is over")
    line.close()
    assert stream.getvalue() == f"\rone  [{20 * '#'}]\nit is over\n"

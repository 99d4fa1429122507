"""How far something long is: a line that is written over, or a line for each step."""

from __future__ import annotations

import io

import pytest

from filt.commands.progress import Speaker, quiet, time_text


class Terminal(io.StringIO):
    """Somebody looks."""

    def isatty(self) -> bool:
        return True


def screen(written: str) -> list[str]:
    """The lines that a terminal shows in the end: carriage return, and erase to the right."""
    lines = [""]
    for part in written.replace("\n", "\n\r").split("\r"):
        if part.startswith("\x1b[K"):
            lines[-1] = ""
        text = part.removeprefix("\x1b[K").rstrip("\n")
        lines[-1] = text + lines[-1][len(text) :]
        if part.endswith("\n"):
            lines.append("")
    return [line for line in lines if line]


def test_on_a_terminal_one_line_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    say = Speaker()
    for text, done in (("epoch 9 of 10", False), ("epoch 10", False), ("40 s", True)):
        say(text, done)
        assert screen(terminal.getvalue()) == [text]
    say("next", False)
    assert screen(terminal.getvalue()) == ["40 s", "next"]


def test_elsewhere_only_last_words_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.StringIO()
    monkeypatch.setattr("sys.stderr", file)
    say = Speaker()
    for text, done in (("epoch 9 of 10", False), ("epoch 10", False), ("40 s", True)):
        say(text, done)
    assert file.getvalue() == "40 s\n"


def test_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    quiet("anything", True)
    assert capfd.readouterr() == ("", "")


def test_times() -> None:
    assert [time_text(seconds) for seconds in (0, 99.4, 99.6, 3601)] == [
        "0 s", "99 s", "1 min 40 s", "60 min 1 s",
    ]  # fmt: skip

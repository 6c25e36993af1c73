"""Each command that the documents show is one that its parser takes."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.cli import test as cli_test

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
_FENCE = re.compile(r"(?ms)^ *```(?:sh|console|text)?\n(.*?)^ *```")
_INLINE = re.compile(r"`((?:\./)?pythings [^`]+)`")
# Words in capitals that a reader replaces by one of a few.
_PLACES = {"BOARD": "esp32", "DAYS": "30", "ID": "1", "VERSION": "1.23"}
# Running text may name a command without its arguments.
_LEFT_OUT = re.compile(r"are required|is required|expected one argument")


class Taken(BaseException):
    """The end of a command, once its arguments are taken."""


def commands() -> list[tuple[str, str, bool]]:
    """Return (page, command, whole) for the commands in blocks and in text, without repeats."""
    found: dict[tuple[str, str, bool], None] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in _FENCE.findall(text):
            for line in block.replace("\\\n", " ").splitlines():
                words = line.strip().removeprefix("$ ").removeprefix("./")
                if words.startswith("pythings "):
                    found[page.name, words, True] = None
        for words in _INLINE.findall(text):
            found[page.name, " ".join(words.split()).removeprefix("./"), False] = None
    return list(found)


def arguments(command: str) -> list[str]:
    words = shlex.split(command.split(" | ")[0], comments=True)[1:]
    words = [word for word in words if word not in ("...", "&")]
    return [_PLACES.get(word, word) for word in words]


@pytest.fixture
def parsed(monkeypatch, tmp_path):
    """Let no command do more than parse its arguments."""
    parse = argparse.ArgumentParser.parse_args
    intermixed = argparse.ArgumentParser.parse_intermixed_args

    def parse_only(self: argparse.ArgumentParser, *given: Any) -> None:
        raise Taken(parse(self, *given))

    def parse_intermixed(self: argparse.ArgumentParser, *given: Any) -> None:
        raise Taken(intermixed(self, *given))

    def nothing(*given: Any) -> None:
        raise Taken(given)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_only)
    monkeypatch.setattr(argparse.ArgumentParser, "parse_intermixed_args", parse_intermixed)
    monkeypatch.setattr(cli_test, "run_tox", nothing)
    monkeypatch.setattr(cli_test, "show_times", nothing)


@pytest.mark.parametrize(("page", "command", "whole"), commands())
def test_a_shown_command_is_taken(page, command, whole, parsed, capsys):
    try:
        status = cli.main(arguments(command))
    except Taken:
        return
    except SystemExit as end:
        status = int(end.code or 0)
    error = capsys.readouterr().err
    left_out = not whole and _LEFT_OUT.search(error)
    assert status == 0 or left_out, f"{page} shows {command!r}:\n{error}"


def test_a_wrong_command_is_not_taken(parsed, capsys):
    with pytest.raises(SystemExit):
        cli.main(["up", "--no-such-option"])
    assert cli.main(["no-such-command"]) == 2
    assert "--no-such-option" in capsys.readouterr().err

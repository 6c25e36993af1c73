"""The measure of English: the hits that it counts, and that a limit only falls."""

from __future__ import annotations

import json

import pytest

from build import words
from build.words import Count, count, excesses, lowered, room_of

SOURCE = '''"""Send what has come to whoever asks."""

# Nobody reads this twice; `what` and "who" are quoted.
def good():
    """Return the answer."""


def bad():
    """The answer."""


@property
def name():
    """The name of the board."""
'''


def counted(path="domain/health/x.py", source=SOURCE):
    found = Count()
    count(path, source, found)
    return found


def test_clauses_persons_and_mood_are_counted_with_their_places():
    found = counted()
    assert [(kind, text) for kind, _, text in found.found] == [
        ("what", "what"),
        ("who", "whoever"),
        ("mood", "The"),
        ("who", "Nobody"),
    ]
    assert found.found[2][1] == "domain/health/x.py:9"
    assert found.words == 24
    assert found.rate("who") == round(2000 / 24, 1)


def test_a_test_has_no_mood():
    assert counted("tests/unit/test_x.py").rate("mood") == 0


@pytest.mark.parametrize(
    ("path", "room"),
    [
        ("domain/states/run.py", "domain/states"),
        ("domain/thing.py", "domain"),
        ("app/cloud/api/call.py", "app/cloud"),
        ("ports/link.py", "ports"),
        ("tests/unit/test_docs.py", "tests"),
    ],
)
def test_rooms(path, room):
    assert room_of(path) == room


def test_a_figure_above_its_limit_is_said_with_places():
    rooms = {"domain": counted()}
    limits = {"domain": {"what": 100.0, "who": 80.0, "mood": 100.0}}
    (said,) = excesses(rooms, limits)
    assert said.startswith("domain: who 83.3 per 1,000 words, limit 80.0")
    assert "domain/health/x.py:3 'Nobody'" in said
    assert len(excesses(rooms, {})) == 3  # a new room begins well


def test_a_limit_only_falls():
    rooms = {"domain": counted()}
    low = {"domain": {"what": 1.0, "who": 1.0, "mood": 1.0}}
    assert lowered(rooms, low) == low
    assert lowered(rooms, {})["domain"]["what"] == 42


def test_the_command_lowers_checks_and_lists(tmp_path, monkeypatch, capsys):
    limits = tmp_path / "words.json"
    limits.write_text("{}")
    monkeypatch.setattr(words, "LIMITS", limits)
    monkeypatch.setattr(words, "measure", lambda: {"domain": counted()})
    assert words.main(["--check"]) == 1
    assert "domain: what" in capsys.readouterr().err
    assert words.main(["--lower"]) == 0
    assert set(json.loads(limits.read_text())["domain"]) == set(words.KINDS)
    assert words.main(["--list", "domain"]) == 0
    assert "x.py:9 mood The" in capsys.readouterr().out


def test_without_git_the_same_sources_are_measured(monkeypatch, tmp_path):
    tracked = set(words._sources())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tracked <= set(words._sources())

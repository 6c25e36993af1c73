"""The documents name only tests, files and pages that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
TESTS = {path.name for path in (ROOT / "tests").rglob("test_*.py")}

# A numbered law, with all that is indented below it.
_LAW = re.compile(r"(?m)^(\d+)\. \*\*.*(?:\n(?!\d+\. \*\*|#).*)*")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tests_that_are_named_exist(page):
    if page.name == "CHANGELOG.md":  # tells of the past
        return
    for name in re.findall(r"\btest_\w+\.py\b", page.read_text(encoding="utf-8")):
        assert name in TESTS, f"{page.name} names {name}"


def test_every_law_of_security_names_its_test():
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    laws = {match[1]: match[0] for match in _LAW.finditer(text)}
    assert list(laws) == [str(number) for number in range(1, len(laws) + 1)]
    assert len(laws) >= 17
    assert [number for number, law in laws.items() if not re.search(r"test_\w+\.py", law)] == []


def test_decisions_have_numbers_of_their_own():
    text = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"^## (\d+)\. ", text, re.M)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_page_is_in_the_site():
    text = (ROOT / "build" / "site" / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"(?m)^ +- (?:\w+: )?(\S+\.md)$", text))
    pages = {path.name for path in ROOT.glob("docs/*.md")}
    assert listed == pages | {"index.md", "changelog.md", "reporting.md"}

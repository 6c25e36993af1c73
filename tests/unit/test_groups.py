"""The groups of packages, their locks, and the commands' imports from them."""

from __future__ import annotations

import ast
import importlib
import itertools
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from app.launch.command import NEEDS
from app.launch.environment import EXTRAS, GROUPS

ROOT = Path(__file__).resolve().parents[2]
LOCKS = (*GROUPS, *EXTRAS, "browser", "docs")
OURS = ("domain", "ports", "adapters", "app", "build")
# The import names of packages where they differ from the package's name.
IMPORTED = {"pyserial": "serial", "littlefs-python": "littlefs"}
ON_A_BOARD = {"machine", "vfs"}

toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")


def locked(group: str) -> list[str]:
    return (ROOT / "requirements" / f"{group}.lock").read_text(encoding="utf-8").splitlines()


def versions(group: str) -> set[str]:
    return {re.split(r"[ ;]", line)[0] for line in locked(group) if "==" in line.split(" ")[0]}


def project() -> Any:
    return toml.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def direct(group: str) -> set[str]:
    """Return the project's requirements for a group, without the groups in it."""
    return {item for item in project()["dependency-groups"][group] if isinstance(item, str)}


def names(requirements: set[str]) -> set[str]:
    return {re.match(r"[\w-]*", item)[0] for item in requirements}  # type: ignore[index]


@pytest.mark.parametrize("group", LOCKS)
def test_the_lock_names_no_host(group):
    assert [line for line in locked(group) if "/" in line or "index" in line] == []


@pytest.mark.parametrize("group", LOCKS)
def test_every_locked_version_has_a_hash(group):
    entries = re.split(r"\n(?=\S)", "\n".join(locked(group)))
    assert len(entries) > 8
    for entry in entries:
        assert re.match(r"[a-z0-9.-]+==\S+", entry)
        assert "--hash=sha256:" in entry


@pytest.mark.parametrize("group", LOCKS)
def test_every_direct_requirement_is_locked(group):
    assert direct(group)
    assert names(direct(group)) <= {item.split("==")[0] for item in versions(group)}


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        *itertools.pairwise(GROUPS),
        *((base, name) for name, base in EXTRAS.items()),
        ("console", "browser"),
    ],
)
def test_a_wider_group_has_what_the_narrower_one_has(inner, outer):
    assert {"include-group": inner} in project()["dependency-groups"][outer]
    assert versions(inner) < versions(outer)


@pytest.mark.parametrize("group", ["console", "browser"])
def test_what_stands_beside_the_others_agrees_with_them(group):
    """Both are installed into one environment."""
    ours, theirs = versions(group), versions("dev")
    shared = {item.split("==")[0] for item in ours} & {item.split("==")[0] for item in theirs}
    assert len(shared) > 40
    assert {item for item in ours ^ theirs if item.split("==")[0] in shared} == set()


def test_a_thing_needs_at_most_20_packages():
    assert len({item.split("==")[0] for item in versions("thing")}) <= 20


def test_the_package_asks_for_what_a_host_needs():
    wanted = direct("thing") | direct("host") - {"setuptools"}  # it builds nothing
    assert set(project()["project"]["dependencies"]) == wanted
    assert set(project()["project"]["optional-dependencies"]["firmware"]) == direct("firmware")


# The commands.


def file_of(module: str) -> Path | None:
    base = ROOT.joinpath(*module.split("."))
    found = [path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()]
    return found[0] if found else None


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def foreign(module: str) -> dict[str, str]:
    """Return the foreign packages that a module, or one of ours below it, imports, and where."""
    found, seen, todo = {}, set(), [module]
    while todo:
        name = todo.pop()
        path = file_of(name)
        if path is None or path in seen:
            continue
        seen.add(path)
        for other in imported(path):
            top = other.split(".")[0]
            if top in OURS:
                todo.append(other)
            elif top not in sys.stdlib_module_names:
                found[top] = f"{path.relative_to(ROOT)} imports {other}"
    return found


def available(group: str) -> set[str]:
    """Return the import names of the direct requirements of a group and of the narrower groups."""
    base = EXTRAS.get(group, group)
    wider = (*GROUPS[: GROUPS.index(base) + 1], group)
    wanted = names(set().union(*map(direct, wider)))
    return {IMPORTED.get(name, name.replace("-", "_")) for name in wanted}


@pytest.mark.parametrize(("command", "group"), list(NEEDS.items()))
def test_a_command_imports_only_what_is_installed_for_it(command, group):
    there = available(group) | ON_A_BOARD
    places = foreign(f"app.cli.{command}")
    assert {top: places[top] for top in places if top not in there} == {}


def test_the_launcher_needs_nothing_but_python():
    assert foreign("app.launch.setup") == {}
    assert foreign("app.launch.command") == {}


def test_the_setup_page_lists_each_command_in_its_group():
    page = (ROOT / "docs" / "setup.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| `(\w+)` \| ([^|;]+)", page)
    assert {name: group for group, names in rows for name in re.findall(r"`(\w+)`", names)} == NEEDS

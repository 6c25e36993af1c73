"""The import rules that hold the hexagon together, read from every source file with ``ast``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# The folders, and the folders of ours that each may import. `adapters` has a finer rule, below.
MAY_IMPORT: dict[str, set[str]] = {
    "ports": set(),
    "domain": {"domain", "ports"},
    "adapters": {"adapters", "domain", "ports"},
    "build": {"build", "app", "adapters", "domain", "ports"},
    "app": {"app", "build", "adapters", "domain", "ports"},
    "tests": {"tests", "app", "build", "adapters", "domain", "ports"},
}

# Foreign modules: only these in the inner layers, any in the outer ones. MicroPython has each of
# these too, and they do no I/O and read no clock - or they are taken out of the slim build.
NOT_OURS = {
    "ports": {"__future__", "typing"},
    "domain": {"__future__", "typing", "json", "binascii", "hashlib", "struct", "attr", "attrs"},
}
ONLY_IN = {"transitions": ("domain/machine.py", "build/diagram.py")}

# Boards may build on the modules that MicroPython boards share.
SHARED_FOLDERS = {"adapters/esp8266": {"micropython"}, "adapters/esp32": {"micropython"}}

# The rooms of the domain, and the others that each may import; all import the modules beside the
# rooms. The use cases import any.
ROOMS: dict[str, set[str]] = {
    "health": set(),
    "readings": set(),
    "settings": {"health"},
    "security": {"settings", "app"},  # a signed command allows a weaker cloud
    "os_update": {"health", "settings", "security"},
    "app": {"health", "readings", "security", "states"},  # the limits of an update
}


def imports(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the absolute name of all imports of a module, at any depth."""
    package = path.rsplit("/", 1)[0].split("/")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}"
        elif isinstance(node, ast.Call) and name_of(node.func) in ("__import__", "import_module"):
            argument = node.args[0] if node.args else None
            known = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            yield node.lineno, str(argument.value) if known else "?"  # type: ignore[union-attr]


def name_of(function: ast.expr) -> str:
    """Return the last part of a called name."""
    return getattr(function, "attr", getattr(function, "id", ""))


def breaches(path: str, source: str) -> list[str]:
    """Return a sentence for each import in a source file that the rules do not allow."""
    found = imports(ast.parse(source), path)
    return [f"{path}:{line} imports {name}" for line, name in found if not allowed(path, name)]


def allowed(path: str, name: str) -> bool:
    """Tell whether the file at ``path`` may import ``name``."""
    layer = path.split("/")[0]
    top = name.split(".")[0]
    if name.startswith("tests.") and ".test_" in name and ROOT.joinpath(*module_of(name)).is_file():
        return False  # tests share a module without tests
    if top in MAY_IMPORT:
        inside = top in MAY_IMPORT[layer]
        if layer == top == "adapters":
            return same_adapter(path, name)
        return inside and (not layer == top == "domain" or open_room(path, name))
    if top in ONLY_IN:
        return path in ONLY_IN[top]
    return layer not in NOT_OURS or top in NOT_OURS[layer]


def module_of(name: str) -> list[str]:
    """Return the parts of the path of the module that an imported name lies in."""
    parts = name.split(".")[:-1]
    return [*parts[:-1], parts[-1] + ".py"]


def same_adapter(path: str, name: str) -> bool:
    """Tell whether an adapter imports from its own folder or from a module that all share."""
    folder = "/".join(path.split("/")[:2])
    target = name.split(".")[1] if "." in name else ""
    own = folder == f"adapters/{target}"
    shared = (ROOT / "adapters" / f"{target}.py").is_file()
    return own or shared or target in SHARED_FOLDERS.get(folder, set())


def open_room(path: str, name: str) -> bool:
    """Tell whether a module of the domain may import from the room of another one."""
    own = path.split("/")[1]
    target = name.split(".")[1] if "." in name else ""
    if own not in ROOMS or target == own:
        return True
    return target in ROOMS[own] or not (ROOT / "domain" / target).is_dir()


def sources() -> list[str]:
    """Return all source files of all layers, from the root of the project."""
    files = (file for layer in MAY_IMPORT for file in (ROOT / layer).rglob("*.py"))
    return sorted(file.relative_to(ROOT).as_posix() for file in files)


@pytest.mark.parametrize("path", sources())
def test_a_file_imports_only_what_its_layer_may(path):
    assert breaches(path, (ROOT / path).read_text(encoding="utf-8")) == []


def test_the_layers_are_there():
    layers = {path.split("/")[0] for path in sources()}
    assert {"domain", "ports", "adapters", "app", "build", "tests"} <= layers


BAD = [
    ("domain/states/run.py", "import time"),
    ("domain/states/run.py", "import os.path"),
    ("domain/states/run.py", "from adapters.linux import clock"),
    ("domain/states/run.py", "import transitions"),
    ("domain/states/run.py", "from transitions.core import Machine"),
    ("domain/states/run.py", "from app import runtime"),
    ("domain/states/run.py", "def late():\n    import socket"),
    ("domain/states/run.py", "if TYPE_CHECKING:\n    from adapters import linux"),
    ("domain/states/run.py", "from ... import adapters"),
    ("domain/states/run.py", "__import__('time')"),
    ("domain/states/run.py", "importlib.import_module(name)"),
    ("domain/health/slots.py", "from domain.states.run import Run"),
    ("domain/health/slots.py", "from domain import settings"),
    ("domain/settings/values.py", "from domain.os_update import patch"),
    ("ports/clock.py", "from domain.errors import LinkError"),
    ("ports/clock.py", "from . import link"),
    ("ports/clock.py", "import abc"),
    ("adapters/linux/link.py", "from app import runtime"),
    ("adapters/linux/link.py", "import build.slim"),
    ("adapters/linux/link.py", "from tests import fakes"),
    ("adapters/linux/link.py", "from adapters.sim800 import modem"),
    ("adapters/linux/link.py", "from ..sim800 import modem"),
    ("adapters/linux/link.py", "from adapters import sim800"),
    ("adapters/linux/link.py", "import adapters.sim800.modem"),
    ("adapters/sim800/modem.py", "from adapters.micropython import uart"),
    ("adapters/sim800/modem.py", "import transitions"),
    ("app/runtime/loader.py", "from tests import fakes"),
    ("build/bench.py", "import tests"),
    ("tests/unit/test_docs.py", "from tests.unit.test_layering import ROOT"),
]

GOOD = [
    (
        "domain/states/run.py",
        "from __future__ import annotations\nimport json, binascii, struct, attrs",
    ),
    (
        "domain/states/run.py",
        "from domain import errors\nfrom . import connect\nimport ports.clock",
    ),
    ("domain/machine.py", "from transitions import Machine"),
    ("domain/runner.py", "from domain.states.run import Run"),
    ("domain/settings/values.py", "from domain import plain\nfrom domain.health import slots"),
    ("ports/clock.py", "from typing import Optional"),
    ("adapters/linux/link.py", "import socket\nimport requests\nfrom ports.link import Link"),
    ("adapters/linux/link.py", "from domain.errors import LinkError\nfrom . import wifi"),
    ("adapters/linux/link.py", "from adapters.linux.wifi import Wifi"),
    ("adapters/esp8266/link.py", "from adapters.micropython import wifi\nimport network"),
    ("app/runtime/loader.py", "from adapters.linux import link\nimport domain.runner, ports.link"),
    ("tests/unit/test_run.py", "from tests import fakes\nimport time\nimport adapters.linux"),
]


@pytest.mark.parametrize(("path", "source"), BAD)
def test_the_check_sees_a_breach(path, source):
    assert len(breaches(path, source)) == 1


@pytest.mark.parametrize(("path", "source"), GOOD)
def test_the_check_lets_pass_what_is_allowed(path, source):
    assert breaches(path, source) == []


# Only a value read from JSON may have any type, as the lines after it check its shape.
ANY_LINES = 14


def test_the_domain_gives_its_values_real_types():
    lines = [
        line
        for path in sources()
        if path.startswith("domain/")
        for line in (ROOT / path).read_text(encoding="utf-8").splitlines()
        if "Any" in line
    ]
    assert 0 < len(lines) <= ANY_LINES, lines


def public_classes(path: str) -> list[str]:
    """Return the names of the public classes that a file defines at its top."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    names = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    return [name for name in names if not name.startswith("_")]


def test_no_two_public_classes_have_one_name():
    found: dict[str, list[str]] = {}
    for path in sources():
        # The simulator's boards have modules named as MicroPython's, with its names.
        if not path.startswith(("tests/", "app/simulator/board/")):
            for name in public_classes(path):
                found.setdefault(name, []).append(path)
    assert {name: paths for name, paths in found.items() if len(paths) > 1} == {}

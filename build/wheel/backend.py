"""The build backend of the package `pythings-os`: our folders under one name, `pythings_os`.

In the checkout `app` and `build` are top-level names; in an installation, other packages have such
names too. So each import of ours, as the syntax tree shows it, is prefixed with the package's name;
code that runs on MicroPython stays as it is. flit does the rest, from a folder made for it. pip
calls this module (PEP 517) where nothing else of ours can be imported.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flit_core import buildapi

NAME = "pythings_os"
FOLDERS = ("adapters", "app", "build", "domain", "ports")

_ROOT = Path(__file__).resolve().parents[2]
_BESIDE = ("LICENSE", "README.md", "pyproject.toml")
_EXAMPLES = Path("docs", "apps.md")  # the console's gallery of apps
_BOARD = Path("app", "simulator", "board")  # MicroPython's modules, with MicroPython's names
_VERSION = re.compile(r'^__version__ = ".+"$', re.M)
_PLAIN = re.compile(rb"import [a-z]+")


class PackageError(Exception):
    """An import in the source cannot be prefixed; the text has its place."""


def prefixed(source: bytes, path: str) -> bytes:
    """Put the package's name before each import of ours in a module; `app.place` undoes it."""
    if NAME.encode() in source and path != "build/wheel/backend.py":
        raise PackageError("%s: it has the package's name, which stands for imports" % path)
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Import, ast.ImportFrom)) and _ours(node):
            lines[node.lineno - 1] = _line(lines[node.lineno - 1], node, path)
    return b"".join(lines)


def _ours(node: ast.Import | ast.ImportFrom) -> bool:
    names = [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        names = [node.module or ""] if not node.level else []
    return any(name.split(".")[0] in FOLDERS for name in names)


def _line(line: bytes, node: ast.Import | ast.ImportFrom, path: str) -> bytes:
    before, rest = line[: node.col_offset], line[node.col_offset :]
    if isinstance(node, ast.ImportFrom) and rest.startswith(b"from "):
        return before + b"from %s." % NAME.encode() + rest[len("from ") :]
    if isinstance(node, ast.Import) and _PLAIN.fullmatch(rest.strip()):
        return before + b"from %s " % NAME.encode() + rest
    raise PackageError("%s:%d: write `import name` or `from name import`" % (path, node.lineno))


def stage(folder: Path, version: str = "") -> None:
    """Make the tree that flit builds from, of a version that is not yet the source's if given."""
    for name in FOLDERS:
        for file in sorted((_ROOT / name).rglob("*")):
            path = file.relative_to(_ROOT)
            if not file.is_file() or "__pycache__" in path.parts:
                continue
            data = file.read_bytes()
            if file.suffix == ".py" and _BOARD not in path.parents:
                data = prefixed(data, path.as_posix())
            target = folder / NAME / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    (folder / NAME / "docs").mkdir()
    shutil.copy(_ROOT / _EXAMPLES, folder / NAME / _EXAMPLES)
    ours = folder / NAME / "app" / "__init__.py"
    text = ours.read_text(encoding="utf-8")
    if version:
        text = _VERSION.sub('__version__ = "%s"' % version, text)
        ours.write_text(text, encoding="utf-8")
    found = _VERSION.search(text)
    assert found
    text = '"""PythingsOS, as a package."""\n\n%s\n' % found[0]
    (folder / NAME / "__init__.py").write_text(text)
    for name in _BESIDE:
        shutil.copy(_ROOT / name, folder)
    # From an sdist, flit alone builds the same.
    project = (folder / "pyproject.toml").read_text(encoding="utf-8")
    project = project.replace('build-backend = "backend"', 'build-backend = "flit_core.buildapi"')
    project = re.sub(r"^backend-path = .*\n", "", project, flags=re.M)
    (folder / "pyproject.toml").write_text(project, encoding="utf-8")


@contextmanager
def _staged(version: str = "") -> Iterator[None]:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        stage(Path(folder), version)
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def build_wheel(
    wheel_directory: str,
    config_settings: dict[str, object] | None = None,
    metadata_directory: str | None = None,  # noqa: ARG001 - as PEP 517 has it
) -> str:
    """Build the wheel in a folder, and return the name of its file.

    The setting `version` (pip's `--config-settings`) is for a version that is being released.
    """
    target = os.path.abspath(wheel_directory)
    with _staged(str((config_settings or {}).get("version", ""))):
        name: str = buildapi.build_wheel(target, config_settings)
        return name


def build_sdist(sdist_directory: str, config_settings: dict[str, object] | None = None) -> str:
    """Build the sdist in a folder, and return the name of its file."""
    target = os.path.abspath(sdist_directory)
    with _staged():
        name: str = buildapi.build_sdist(target, config_settings)
        return name

"""The data of the passes: the modules of a program, and the definitions made of them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path

from app.place import SOURCE, text

ROOT = SOURCE


class SlimError(Exception):
    """The source has a construct that the slim build does not know; the text has its place."""


def unknown(path: str, node: ast.AST, what: str) -> SlimError:
    """Return the error for a construct in a source file."""
    return SlimError("%s:%d: %s" % (path, getattr(node, "lineno", 0), what))


@dataclass
class Module:
    """One source file. `name` is dotted, `path` is relative to the project."""

    name: str
    path: str
    tree: ast.Module


@dataclass
class Entity:
    """One statement at the top of a module, and the one global `name` it defines."""

    name: str
    path: str
    module: str
    node: ast.stmt


@dataclass
class Program:
    """All modules that are built together.

    Before linking there are `modules`; after it `entities` in one name space, and `externals`: the
    external import statements, by the name that they bind. `bundles` are the files of the release:
    their name, and their definitions; `fixed`: the bundle of definitions that were put there by
    name; `owners`: the classes of functions that were methods; `shells`: the classes with objects
    that outlive them. `entry` is where use begins: dotted names of modules, or of one definition in
    them. `watchers` are packages that only look on, as tests do: they are built the same way, but
    decide nothing.
    """

    modules: dict[str, Module]
    entry: tuple[str, ...]
    lazy: dict[str, tuple[str, ...]]
    core: str
    watchers: tuple[str, ...] = ()
    fields: set[str] = field(default_factory=set)
    fixed: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    shells: set[str] = field(default_factory=set)
    exports: dict[str, set[str]] = field(default_factory=dict)
    entities: dict[str, Entity] = field(default_factory=dict)
    externals: dict[str, ast.stmt] = field(default_factory=dict)
    bundles: dict[str, list[Entity]] = field(default_factory=dict)
    trees: dict[str, ast.Module] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)

    def watching(self, entity: Entity) -> bool:
        """Decide whether this definition belongs to a watcher."""
        return any((entity.module + ".").startswith(name + ".") for name in self.watchers)


def load(names: list[str], root: Path = ROOT) -> dict[str, Module]:
    """Load the modules of these dotted names; a package stands for all modules directly in it."""
    modules: dict[str, Module] = {}
    for name in names:
        base = root / name.replace(".", "/")
        if base.is_dir():
            files = sorted(base.glob("*.py"))
        elif base.with_suffix(".py").is_file():
            files = [base.with_suffix(".py")]
        else:
            raise SlimError("there is no module %s" % name)
        for file in files:
            path = file.relative_to(root).as_posix()
            dotted = path[: -len(".py")].replace("/", ".")
            modules[dotted] = Module(dotted, path, parse(path, text(file)))
    return modules


def parse(path: str, source: str) -> ast.Module:
    """Parse a source text; raise `SlimError` for a syntax error."""
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise SlimError("%s:%s: %s" % (path, error.lineno, error.msg)) from None


def unique(module: str, name: str) -> str:
    """Return the name of a module's definition that is unique among all modules."""
    return "%s__%s" % (module.replace(".", "_"), name)

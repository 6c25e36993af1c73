"""The pass for functions that change the object they are given first, as a method does.

`def f(thing: Thing)` that sets `thing.quick` is as much a part of the class as a method: so its
attributes share short names with those of other classes (`build.slim.survey`). Otherwise a class
that is split into files would make names longer everywhere: `Run` by 226 bytes of an ESP8266's.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from build.slim.model import Module, Program, unique


def receivers(program: Program) -> int:
    """Fill `owners`, and name such parameters `self`; return the number of functions."""
    trees = [module.tree for module in program.modules.values()]
    passed = {n.arg for tree in trees for n in ast.walk(tree) if isinstance(n, ast.keyword)}
    for module in program.modules.values():
        classes = dict(_classes(program, module))
        for node in module.tree.body:
            if isinstance(node, ast.FunctionDef) and _changes_its_first(node):
                first = node.args.args[0]
                owner = classes.get(ast.unparse(first.annotation)) if first.annotation else None
                if owner and first.arg not in passed:
                    program.owners[unique(module.name, node.name)] = owner
                    _name_self(node, first.arg)
    return len(program.owners)


def _classes(program: Program, module: Module) -> Iterator[tuple[str, str]]:
    """Yield our classes that a module knows, if only as types, with their unique names."""
    for node in module.tree.body:
        for item in node.body if isinstance(node, ast.If) else [node]:
            if isinstance(item, ast.ClassDef):
                yield item.name, unique(module.name, item.name)
            elif isinstance(item, ast.ImportFrom) and item.module in program.modules:
                there = program.modules[item.module].tree.body
                defined = {each.name for each in there if isinstance(each, ast.ClassDef)}
                for alias in item.names:
                    if alias.name in defined:
                        yield alias.asname or alias.name, unique(item.module, alias.name)


def _changes_its_first(node: ast.FunctionDef) -> bool:
    """Decide whether a function sets attributes of its first parameter, which stays the same."""
    if not node.args.args:
        return False
    name = node.args.args[0].arg
    items = list(ast.walk(node))
    names = [item for item in items if isinstance(item, ast.Name) and item.id in (name, "self")]
    given = [item for item in items if isinstance(item, ast.arg) and item.arg in (name, "self")]
    if len(given) > 1 or any(item.id != name or isinstance(item.ctx, ast.Store) for item in names):
        return False
    stored = [item for item in items if isinstance(item, ast.Attribute)]
    return any(item.value in names for item in stored if isinstance(item.ctx, ast.Store))


def _name_self(node: ast.FunctionDef, name: str) -> None:
    for item in ast.walk(node):
        if isinstance(item, ast.Name) and item.id == name:
            item.id = "self"
        elif isinstance(item, ast.arg) and item.arg == name:
            item.arg = "self"

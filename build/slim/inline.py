"""The pass that writes helpers with one caller out where they are called.

A function of its own costs some 55 bytes of heap beside its code, and 20 in the file. In the
source, helpers serve the reader; here, those that are called in one place only, in a way that can
be written out (see `build.slim.inline_call`), become part of their caller.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from build.slim.inline_call import CallSite, Site
from build.slim.model import Entity, Program


def inline(program: Program) -> int:
    """Write helpers out until none is left that can be; return their number."""
    done = 0
    while True:
        found = _round(program, done)
        if not found:
            return done
        done += found


def _round(program: Program, number: int) -> int:
    """Try each helper once. Code moves only within its class, so that the counts stay true."""
    product = [item for item in program.entities.values() if not program.watching(item)]
    uses = _Uses([entity.node for entity in program.entities.values()])
    bundle = {module: name for name, found in program.lazy.items() for module in found}
    callers = _callers(product)
    gone: set[int] = set()
    done = 0
    for helper, owner, entity in _helpers(product):
        if not _plain(helper) or not uses.once(helper.name, owner):
            continue
        site = Site(helper, owner is not None, number + done)
        late = program.fixed.get(entity.name) or bundle.get(entity.module)
        for caller, around in callers.get(helper.name, []):
            if caller is helper or id(caller) in gone or (owner and around.node is not owner):
                continue
            # Lazily loaded code must not become part of code that stays loaded.
            there = program.fixed.get(around.name) or bundle.get(around.module)
            if late is not None and there != late:
                continue
            if CallSite(caller, site).written_out():
                done += 1
                gone.add(id(helper))
                _remove(program, helper, owner, entity)
                break
    return done


def _remove(
    program: Program, helper: ast.FunctionDef, owner: ast.ClassDef | None, entity: Entity
) -> None:
    if owner is None:
        del program.entities[entity.name]
    else:
        owner.body.remove(helper)
        owner.body = owner.body or [ast.Pass()]


class _Uses:
    """The number of uses of each name and attribute: of `self` by class, and of others."""

    def __init__(self, nodes: list[ast.stmt]) -> None:
        self.names: dict[str, int] = {}
        self.of_self: dict[tuple[str, str], int] = {}
        self.of_others: set[str] = set()
        self.bases: set[str] = set()
        for tree in nodes:
            kind = tree.name if isinstance(tree, ast.ClassDef) else ""
            for node in ast.walk(tree):
                if isinstance(node, ast.Name):
                    self.names[node.id] = self.names.get(node.id, 0) + 1
                elif isinstance(node, ast.Attribute):
                    self._attribute(kind, node)
                elif isinstance(node, ast.ClassDef):
                    self.bases.update(ast.unparse(base) for base in node.bases)

    def _attribute(self, kind: str, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            key = (kind, node.attr)
            self.of_self[key] = self.of_self.get(key, 0) + 1
        if not kind or not isinstance(node.value, ast.Name) or node.value.id != "self":
            self.of_others.add(node.attr)

    def once(self, name: str, owner: ast.ClassDef | None) -> bool:
        """Decide whether a function, or an uninherited method of `owner`, has one use."""
        if owner is None:
            return self.names.get(name) == 1
        once = self.of_self.get((owner.name, name)) == 1
        return once and name not in self.of_others and owner.name not in self.bases


def _helpers(
    entities: list[Entity],
) -> Iterator[tuple[ast.FunctionDef, ast.ClassDef | None, Entity]]:
    """Yield the functions, and the methods that only their own class calls."""
    for entity in entities:
        if isinstance(entity.node, ast.FunctionDef):
            yield entity.node, None, entity
        elif isinstance(entity.node, ast.ClassDef):
            for item in list(entity.node.body):
                private = (
                    isinstance(item, ast.FunctionDef) and item.name[:1] == "_" != item.name[1:2]
                )
                if isinstance(item, ast.FunctionDef) and private:
                    yield item, entity.node, entity


def _plain(helper: ast.FunctionDef) -> bool:
    """Decide whether the parameters are plain ones, and none is a cell of an inner function."""
    arguments = helper.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.defaults:
        return False
    if helper.decorator_list:
        return False
    inner = (ast.FunctionDef, ast.Lambda, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)
    nodes = [node for item in helper.body for node in ast.walk(item)]
    return not any(isinstance(node, inner) for node in nodes)


def _callers(entities: list[Entity]) -> dict[str, list[tuple[ast.FunctionDef, Entity]]]:
    """Map each name or attribute to the functions that mention it, with their definitions."""
    found: dict[str, list[tuple[ast.FunctionDef, Entity]]] = {}
    for entity in entities:
        node = entity.node
        for item in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(item, ast.FunctionDef):
                for name in {_name(part) for part in ast.walk(item)} - {""}:
                    found.setdefault(name, []).append((item, entity))
    return found


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""

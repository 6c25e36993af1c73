"""The pass that puts helpers with one caller where they are called.

A function of its own costs some 55 bytes of heap beside its code, and 20 in the file. In the
source helpers are there for the reader; here those that are called in one place only, in a way
that can be written out (see `build.slim.calls`), become part of their caller.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from build.slim.calls import Caller, Site
from build.slim.model import Entity, Program


def inline(program: Program) -> int:
    """Write helpers out until there is none left to write out; gives how many."""
    done = 0
    while _one(program, done):
        done += 1
    return done


def _one(program: Program, number: int) -> bool:
    product = [item for item in program.entities.values() if not program.watching(item)]
    everything = [entity.node for entity in program.entities.values()]
    names = _count(everything)
    bundle = {module: name for name, found in program.lazy.items() for module in found}
    for helper, owner, entity in _helpers(product):
        if not _plain(helper):
            continue
        if owner is None:
            # What is loaded late must not become part of what is not.
            late = bundle.get(entity.module)
            near = [item for item in product if late is None or bundle.get(item.module) == late]
            callers = _functions(near) if names.get(helper.name) == 1 else []
        else:
            callers = _methods(owner) if _own(helper.name, owner, everything) else []
        site = Site(helper, owner is not None, number)
        if any(Caller(caller, site).written_out() for caller in callers if caller is not helper):
            if owner is None:
                del program.entities[entity.name]
            else:
                owner.body.remove(helper)
                owner.body = owner.body or [ast.Pass()]
            return True
    return False


def _count(nodes: list[ast.stmt]) -> dict[str, int]:
    """How often each name is used."""
    count: dict[str, int] = {}
    for tree in nodes:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                count[node.id] = count.get(node.id, 0) + 1
    return count


def _own(name: str, owner: ast.ClassDef, everything: list[ast.stmt]) -> bool:
    """Whether a method is called once by its class, and by nobody else, nor inherited."""
    inside = [node for node in ast.walk(owner) if _is(node, name)]
    if len(inside) != 1 or not _is(inside[0], name, of="self"):
        return False
    for tree in everything:
        if tree is owner:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and _is(node, name) and not _is(node, name, "self"):
                return False
        if isinstance(tree, ast.ClassDef) and any(
            isinstance(base, ast.Name) and base.id == owner.name for base in tree.bases
        ):
            return False
    return True


def _is(node: ast.AST, name: str, of: str = "") -> bool:
    if not isinstance(node, ast.Attribute) or node.attr != name:
        return False
    return not of or (isinstance(node.value, ast.Name) and node.value.id == of)


def _helpers(
    entities: list[Entity],
) -> Iterator[tuple[ast.FunctionDef, ast.ClassDef | None, Entity]]:
    """Functions, and the methods that only their own class calls."""
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


def _private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _plain(helper: ast.FunctionDef) -> bool:
    """Whether the parameters are plain ones, and none is a cell of an inner function."""
    arguments = helper.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.defaults:
        return False
    if helper.decorator_list:
        return False
    inner = (ast.FunctionDef, ast.Lambda, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)
    nodes = [node for item in helper.body for node in ast.walk(item)]
    return not any(isinstance(node, inner) for node in nodes)


def _methods(owner: ast.ClassDef) -> list[ast.FunctionDef]:
    return [item for item in owner.body if isinstance(item, ast.FunctionDef)]


def _functions(entities: list[Entity]) -> list[ast.FunctionDef]:
    found: list[ast.FunctionDef] = []
    for entity in entities:
        if isinstance(entity.node, ast.FunctionDef):
            found.append(entity.node)
        elif isinstance(entity.node, ast.ClassDef):
            found += _methods(entity.node)
    return found

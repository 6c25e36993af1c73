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
from build.slim.scopes import parameters


def inline(program: Program) -> int:
    """Write helpers out until there is none left to write out; gives how many."""
    done = 0
    while _one(program, done):
        done += 1
    return done


def _one(program: Program, number: int) -> bool:
    product = [item for item in program.entities.values() if not program.watching(item)]
    uses = _uses(list(program.entities.values()))
    for helper, owner, entity in _helpers(product):
        if uses.get(helper.name, 0) != 1 or not _plain(helper):
            continue
        for caller, around in _callers(product, owner):
            if caller is helper:
                continue
            site = Site(helper, owner is not None, number)
            if Caller(caller, site).written_out():
                if owner is not None:
                    owner.body.remove(helper)
                    owner.body = owner.body or [ast.Pass()]
                else:
                    del program.entities[entity.name]
                return True
            _ = around
    return False


def _uses(entities: list[Entity]) -> dict[str, int]:
    """How often each name or attribute is meant, as a text too; twice if it is defined twice."""
    count: dict[str, int] = {}
    for entity in entities:
        for node in ast.walk(entity.node):
            name = ""
            if isinstance(node, ast.Name):
                name = node.id
            elif isinstance(node, ast.Attribute):
                name = node.attr
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                name = node.value
            elif isinstance(node, ast.FunctionDef):
                count[node.name] = count.get(node.name, -1) + 1
            if name:
                count[name] = count.get(name, 0) + 1
    return count


def _helpers(
    entities: list[Entity],
) -> Iterator[tuple[ast.FunctionDef, ast.ClassDef | None, Entity]]:
    """Functions, and the methods that only their own class calls."""
    for entity in entities:
        if isinstance(entity.node, ast.FunctionDef):
            yield entity.node, None, entity
        elif isinstance(entity.node, ast.ClassDef):
            for item in list(entity.node.body):
                if isinstance(item, ast.FunctionDef) and item.name.startswith("_"):
                    if not item.name.startswith("__"):
                        yield item, entity.node, entity


def _plain(helper: ast.FunctionDef) -> bool:
    """Whether the parameters are plain ones, and none is a cell of an inner function."""
    arguments = helper.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.defaults:
        return False
    if helper.decorator_list:
        return False
    inner = (ast.FunctionDef, ast.Lambda, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)
    nodes = [node for item in helper.body for node in ast.walk(item)]
    return not any(isinstance(node, inner) for node in nodes) and bool(
        parameters(helper) or helper.body
    )


def _callers(
    entities: list[Entity], owner: ast.ClassDef | None
) -> Iterator[tuple[ast.FunctionDef, Entity]]:
    for entity in entities:
        if owner is not None and entity.node is not owner:
            continue
        if isinstance(entity.node, ast.FunctionDef):
            yield entity.node, entity
        elif isinstance(entity.node, ast.ClassDef):
            for item in entity.node.body:
                if isinstance(item, ast.FunctionDef):
                    yield item, entity

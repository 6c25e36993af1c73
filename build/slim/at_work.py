"""The marks of functions as at work, so that their code is not unloaded meanwhile.

Only a function that may load other code needs one: the calls of the whole program are followed, a
method by its name, since the class of an object is not known here.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from build.slim.lazy import AT_WORK, CALL, SHELL
from build.slim.model import Entity, Program
from build.slim.reserved_names import RESERVED

# Built-in functions that load no module, and call nothing that might.
_HARMLESS = frozenset(
    (
        *("abs", "bool", "bytearray", "bytes", "chr", "dict", "enumerate", "int", "isinstance"),
        *("len", "list", "max", "memoryview", "min", "open", "ord", "print", "range", "repr"),
        *("set", "setattr", "sorted", "str", "sum", "tuple", "type", "zip"),
        *(name for name in dir(builtins) if name.endswith(("Error", "Exception", "Exit"))),
    )
)


# Expressions with values of built-in types, and built-in functions that make such values.
_BUILT_IN = (ast.Constant, ast.List, ast.ListComp, ast.Tuple, ast.Dict, ast.DictComp)
_MAKERS = frozenset(("bytearray", "bytes", "dict", "list", "memoryview", "repr", "sorted", "str"))


class Loading:
    """The functions and methods that may load a bundle; `where`: the bundle of each definition."""

    def __init__(self, program: Program, where: dict[str, str]) -> None:
        self._program = program
        self._where = where
        todo = list(self._functions())
        late = {name for entity, name, _ in todo if entity.name in program.shells}
        kept = _kept(program) - {name for _, name, _ in todo}
        self._loading = {CALL, SHELL, "__init__", *late, *kept}
        found = todo
        while found:  # until no further function calls one that loads
            found = [item for item in todo if self.loads(item[2], where.get(item[0].name, ""))]
            self._loading.update(name or entity.name for entity, name, _ in found)
            todo = [item for item in todo if item not in found]

    def _functions(self) -> Iterator[tuple[Entity, str, ast.FunctionDef]]:
        """Yield each function with its definition, and its name if it is a method."""
        for entity in self._program.entities.values():
            node = entity.node
            if isinstance(node, ast.FunctionDef):
                yield entity, "", node
            for item in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(item, ast.FunctionDef):
                    yield entity, "" if item.name == "__init__" else item.name, item

    def loads(self, function: ast.FunctionDef, here: str) -> bool:
        """Decide whether a function of the bundle `here` may load another one."""
        calls = [
            node.func
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and not _of_generator(node)
        ]
        plain = {*self._program.externals, AT_WORK, *_plain(function)}
        return any(self._may(called, here, plain) for called in calls)

    def _may(self, called: ast.expr, here: str, plain: set[str]) -> bool:
        if isinstance(called, ast.Attribute):
            outer = _built_in(called.value) or getattr(called.value, "id", "") in plain
            return not outer and called.attr in self._loading
        if not isinstance(called, ast.Name):
            return True
        entity = self._program.entities.get(called.id)
        if entity is None:
            return called.id not in _HARMLESS and called.id not in self._program.externals
        there = self._where.get(called.id, here)
        late = there != here and there in self._program.lazy
        return late or called.id in self._loading or isinstance(entity.node, ast.Assign)


def _kept(program: Program) -> set[str]:
    """Return the attributes that may hold a function.

    One that MicroPython has by the same name may be data, unless it is called as an own one.
    """
    nodes = [node for item in program.entities.values() for node in ast.walk(item.node)]
    stored = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
    }
    called = [node.func for node in nodes if isinstance(node, ast.Call)]
    own_call = {
        node.attr
        for node in called
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "self"
    }
    return stored - (RESERVED - own_call)


def _of_generator(call: ast.Call) -> bool:
    """Decide whether a call is `any(... for ...)` or the like: all its calls are in sight."""
    known = getattr(call.func, "id", "") in ("all", "any", "next")
    return known and isinstance(call.args[0], ast.GeneratorExp)


def _plain(function: ast.FunctionDef) -> set[str]:
    """Return the variables that get no values but those of built-in types."""
    nodes = list(ast.walk(function))
    made = [
        ast.unparse(node.targets[0])
        for node in nodes
        if isinstance(node, ast.Assign) and _built_in(node.value)
    ]
    stored = [
        node.id
        for node in nodes
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    ]
    given = {node.arg for node in nodes if isinstance(node, ast.arg)}
    return {name for name in made if made.count(name) == stored.count(name)} - given


def _built_in(value: ast.expr) -> bool:
    """Decide whether an expression's value is of a built-in type."""
    made = isinstance(value, ast.Call) and getattr(value.func, "id", "") in _MAKERS
    return made or isinstance(value, _BUILT_IN)


def at_work(function: ast.FunctionDef, bundle: str) -> None:
    """Mark a function as at work while it runs."""
    begin = ast.parse("%s.append(%r)" % (AT_WORK, bundle)).body
    end = ast.parse("%s.pop()" % AT_WORK).body
    whole = ast.Try(body=function.body, handlers=[], orelse=[], finalbody=end)
    function.body = [*begin, whole]

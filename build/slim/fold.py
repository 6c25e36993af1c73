"""The passes that write constants where they are used, so that no name is stored for them."""

from __future__ import annotations

import ast
import operator
from typing import Any, Callable

from build.slim.model import Program

# mpy-cross shares texts up to this length, and any that is a name somewhere (py/parse.c).
_SHARED = 10

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.LShift: operator.lshift,
    ast.BitOr: operator.or_,
}

_SMALL = 1 << 29  # half of the range that MicroPython on 32 bits holds without an object


class _NotConstant(Exception):
    """This value is computed on the device."""


def constants(program: Program) -> int:
    """Fold constant expressions and replace the names of constants; return the names replaced."""
    values: dict[str, Any] = {}
    found = True
    while found:  # until nothing new is constant: constants depend on each other
        found = False
        for entity in program.entities.values():
            if entity.name not in values and isinstance(entity.node, ast.Assign):
                try:
                    values[entity.name] = _value(entity.node.value, values)
                    found = True
                except _NotConstant:
                    continue
    uses = _uses(program)
    inline = {name for name in values if _pays(values[name], uses.get(name, 0))}
    folder = _Folder(values, inline)
    for entity in program.entities.values():
        entity.node = folder.visit(entity.node)
        if entity.name in values and isinstance(entity.node, ast.Assign):
            entity.node.value = _literal(values[entity.name])
    for name in inline:
        del program.entities[name]
    return folder.count


def big_numbers(program: Program) -> int:
    """Store numbers of many digits as bytes, less than half as long; return their number."""
    folder = _BigNumbers()
    for entity in program.entities.values():
        folder.visit(entity.node)
    return folder.count


def _value(node: ast.expr, known: dict[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name) and node.id in known:
        return known[node.id]
    if isinstance(node, ast.Tuple):
        return tuple(_value(item, known) for item in node.elts)
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        left, right = _value(node.left, known), _value(node.right, known)
        return _BINARY[type(node.op)](left, right)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, known)
    raise _NotConstant


def _literal(value: Any) -> ast.expr:
    if isinstance(value, tuple):
        return ast.Tuple(elts=[_literal(item) for item in value], ctx=ast.Load())
    if isinstance(value, int) and not isinstance(value, bool) and value < 0:
        return ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=-value))
    return ast.Constant(value=value)


def _pays(value: Any, uses: int) -> bool:
    """Decide whether to write the value at each use rather than keep it by name, by its size."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) < _SMALL or uses <= 1
    if isinstance(value, str):
        return uses <= 1 or len(value) <= _SHARED or value.isidentifier()
    return uses <= 1


def _uses(program: Program) -> dict[str, int]:
    count: dict[str, int] = {}
    for entity in program.entities.values():
        for node in ast.walk(entity.node):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                count[node.id] = count.get(node.id, 0) + 1
    return count


class _Folder(ast.NodeTransformer):
    def __init__(self, values: dict[str, Any], inline: set[str]) -> None:
        self.values = values
        self.inline = inline
        self.count = 0

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.inline and isinstance(node.ctx, ast.Load):
            self.count += 1
            return ast.copy_location(_literal(self.values[node.id]), node)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        value = _number_or_text(node)
        return node if value is None else ast.copy_location(_literal(value), node)


def _number_or_text(node: ast.BinOp) -> Any | None:
    try:
        value = _value(node, {})
    except _NotConstant:
        return None
    return value if isinstance(value, (int, str)) else None


class _BigNumbers(ast.NodeTransformer):
    def __init__(self) -> None:
        self.count = 0

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        value = node.value
        if not isinstance(value, int) or value < 1 << 128:
            return node
        self.count += 1
        data = value.to_bytes((value.bit_length() + 7) // 8, "big")
        return ast.copy_location(
            ast.parse("int.from_bytes(%r, 'big')" % data, mode="eval").body, node
        )

"""The first expression that a statement evaluates: only that can be computed before it instead."""

from __future__ import annotations

import ast
from collections.abc import Callable

Place = tuple[Callable[[ast.expr], None], ast.expr]


def first_evaluated(node: ast.AST) -> Place | None:
    """Find the first expression that a node evaluates, and the function that replaces it."""
    for name in ("test", "iter", "value", "exc", "left", "operand", "func"):
        if isinstance(node, (ast.While, ast.AugAssign, ast.IfExp)) and name != "test":
            continue
        part = getattr(node, name, None)
        if isinstance(part, ast.expr) and not isinstance(node, ast.While):
            if name == "func" and isinstance(node, ast.Call) and _simple(part):
                return _first_of(node.args)
            if name == "left" and isinstance(part, ast.Constant) and isinstance(node, ast.BinOp):
                name, part = "right", node.right
            return _within(part, lambda new, name=name: setattr(node, name, new))  # type: ignore[misc]
    if isinstance(node, ast.BoolOp):
        return _first_of(node.values[:1], node.values)
    return _first_of(node.elts) if isinstance(node, ast.Tuple) else None


def _first_of(parts: list[ast.expr], where: list[ast.expr] | None = None) -> Place | None:
    found = parts if where is None else where
    for at, part in enumerate(parts):
        if not _simple(part):
            return _within(part, lambda new, at=at: found.__setitem__(at, new))  # type: ignore[misc]
    return None


def _within(part: ast.expr, change: Callable[[ast.expr], None]) -> Place | None:
    inner = first_evaluated(part)
    return inner if inner is not None else (change, part)


def _simple(node: ast.expr) -> bool:
    return isinstance(node, (ast.Constant, ast.Name))

"""The Python that every MicroPython since 1.12 compiles; anything else is an error."""

from __future__ import annotations

import ast

from build.slim.model import Program, unknown

# All that the domain and the adapters need. Other nodes have not been tried on a device.
_NODES = """
Module Interactive Expression FunctionDef ClassDef Return Delete Assign AugAssign AnnAssign For
While If With Raise Try Assert Import ImportFrom Global Nonlocal Expr Pass Break Continue
BoolOp BinOp UnaryOp Lambda IfExp Dict ListComp SetComp DictComp GeneratorExp Compare Call
Constant Attribute Subscript Starred Name List Tuple Slice Yield YieldFrom Set Index Load Store
Del And Or Add Sub Mult Div Mod Pow LShift RShift BitOr BitXor BitAnd FloorDiv Invert Not UAdd
USub Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn comprehension ExceptHandler arguments arg keyword
alias withitem
"""
_KNOWN = frozenset(_NODES.split())

# micropython: ports/esp8266/mpconfigport.h
_MISSING = ("crc32", "partition", "rpartition", "splitlines", "center")

_WHY = {
    "JoinedStr": "an f-string: small firmware is built without them - use %",
    "NamedExpr": "an assignment expression: MicroPython 1.12 does not know it",
    "Match": "a match statement: MicroPython has none",
    "AsyncFunctionDef": "an async function: the lifecycle is a flat loop",
}


def check(program: Program) -> int:
    """Raise `SlimError` at the first node that is not for a device; return the nodes seen."""
    count = 0
    for module in program.modules.values():
        for node in ast.walk(module.tree):
            count += 1
            kind = type(node).__name__
            if kind not in _KNOWN:
                raise unknown(module.path, node, _WHY.get(kind, "%s is not known" % kind))
            problem = _problem(node)
            if problem:
                raise unknown(module.path, node, problem)
    return count


def _problem(node: ast.AST) -> str:
    if isinstance(node, (ast.List, ast.Set)) or (
        isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load)
    ):
        if any(isinstance(item, ast.Starred) for item in node.elts):
            return "a * within a display: MicroPython has none"
    elif isinstance(node, ast.Dict) and None in node.keys:
        return "a ** within a display: MicroPython has none"
    elif isinstance(node, ast.arguments) and node.posonlyargs:
        return "a positional-only parameter: MicroPython has none"
    elif isinstance(node, ast.ClassDef) and node.keywords:
        return "a metaclass: MicroPython has none"
    elif isinstance(node, ast.Call):
        return _call_problem(node)
    elif isinstance(node, ast.Constant) and isinstance(node.value, complex):
        return "a complex number: small firmware is built without them"
    return ""


def _call_problem(node: ast.Call) -> str:
    stars = sum(isinstance(item, ast.Starred) for item in node.args)
    if stars + sum(item.arg is None for item in node.keywords) > 1:
        return "two * or ** in one call: MicroPython before 1.19 takes one"
    if stars and not isinstance(node.args[-1], ast.Starred):
        return "an argument behind *: MicroPython before 1.19 has the * last"
    if isinstance(node.func, ast.Attribute) and node.func.attr in _MISSING:
        return "%s: the firmware of the ESP8266 is built without it" % node.func.attr
    if isinstance(node.func, ast.Name) and node.func.id == "pow" and len(node.args) > 2:
        return "pow with three arguments: the firmware of the ESP8266 is built without it"
    return ""

"""A call written out: the statements of a helper in place of the statement that calls it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from typing import cast

from build.slim.evaluation_order import first_evaluated
from build.slim.scopes import bound, parameters

Block = list[ast.stmt]
OnReturn = Callable[[ast.expr | None], Block]


class _Cannot(Exception):
    """This helper has a `return` that cannot be written out."""


class Site:
    """A helper, and the names of its locals where it is written out for the `number`th time."""

    def __init__(self, helper: ast.FunctionDef, method: bool, number: int) -> None:
        self.helper = helper
        self.method = method
        self.number = number

    def called(self, node: ast.AST) -> ast.Call | None:
        """Return the node if it calls the helper with positional arguments only, else None."""
        if not isinstance(node, ast.Call) or node.keywords:
            return None
        if any(isinstance(item, ast.Starred) for item in node.args):
            return None
        function = node.func
        if self.method:
            own = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
            if not own or cast("ast.Attribute", function).attr != self.helper.name:
                return None
            value = cast("ast.Name", cast("ast.Attribute", function).value)
            return node if value.id == "self" else None
        return node if isinstance(function, ast.Name) and function.id == self.helper.name else None

    def body(self, call: ast.Call) -> tuple[Block, Block]:
        """Return (assignments of the arguments, statements), with locals of unique names."""
        names = [arg.arg for arg in parameters(self.helper)][1 if self.method else 0 :]
        if len(names) != len(call.args):
            raise _Cannot
        body = copy.deepcopy(self.helper.body)
        stored = bound(cast("list[ast.AST]", body))
        renamed = {name: "%s_%d" % (name, self.number) for name in stored | set(names)}
        values: dict[str, ast.expr] = {}
        before: Block = []
        for name, value in zip(names, call.args):
            if name not in stored and isinstance(value, (ast.Constant, ast.Name)):
                values[name] = value
            else:
                target = ast.Name(id=renamed[name], ctx=ast.Store())
                before.append(ast.Assign(targets=[target], value=value))
        rename = _Rename(renamed, values)
        return before, [cast("ast.stmt", rename.visit(item)) for item in body]


class CallSite:
    """A function that may call the helper."""

    def __init__(self, function: ast.FunctionDef, site: Site) -> None:
        self.function = function
        self.site = site

    def written_out(self) -> bool:
        """Write the call out; return False if there is none that can be."""
        try:
            return self._block(self.function.body, last=True)
        except _Cannot:
            return False

    def _block(self, body: Block, last: bool) -> bool:
        for at, node in enumerate(body):
            ends = last and at == len(body) - 1
            new = self._statement(node, ends)
            if new is not None:
                body[at : at + 1] = new
                return True
            for part in _blocks(node):
                if self._block(part, ends and isinstance(node, ast.If)):
                    return True
        return False

    def _statement(self, node: ast.stmt, ends: bool) -> Block | None:
        value = getattr(node, "value", None)
        call = self.site.called(value) if value is not None else None
        if call is None:
            new = self._expression(node)
            return [new] if new is not None else self._hoisted(node)
        before, body = self.site.body(call)
        if isinstance(node, ast.Return):
            closed = [] if ends or _leaves(body) else [ast.Return(value=None)]
            return [*before, *body, *closed]
        if isinstance(node, ast.Expr):
            return before + _converted(body, _unused)
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            if not isinstance(node.targets[0], (ast.Name, ast.Tuple)):
                return None
            target = node.targets[0]
            return before + _converted(body, lambda found: [_assign(target, found)])
        return None

    def _hoisted(self, node: ast.stmt) -> Block | None:
        """Move a call before its statement, if the statement evaluates it first."""
        place = first_evaluated(node)
        call = self.site.called(place[1]) if place is not None else None
        if call is None or place is None:
            return None
        before, body = self.site.body(call)
        name = "%s_%d" % (self.site.helper.name, self.site.number)
        target = ast.Name(id=name, ctx=ast.Store())
        before += _converted(body, lambda found: [_assign(target, found)])
        place[0](ast.Name(id=name, ctx=ast.Load()))
        return [*before, node]

    def _expression(self, node: ast.stmt) -> ast.stmt | None:
        """Replace a call within an expression, if the helper is one expression."""
        body = self.site.helper.body
        if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
            return None
        inner = {id(item) for part in _blocks(node) for item in part}
        replace = _Replace(self.site, inner)
        new = replace.visit(node)
        return cast("ast.stmt", new) if replace.done else None


def _assign(target: ast.expr, value: ast.expr | None) -> ast.stmt:
    return ast.Assign(targets=[copy.deepcopy(target)], value=value or ast.Constant(value=None))


def _unused(value: ast.expr | None) -> Block:
    simple = value is None or isinstance(value, (ast.Constant, ast.Name))
    return [] if simple else [ast.Expr(value=cast("ast.expr", value))]


def _converted(body: Block, on_return: OnReturn) -> Block:
    """Convert each `return` into the statements that `on_return` makes of its value."""
    after: Block = []
    for at, node in enumerate(body):
        rest = body[at + 1 :]
        if isinstance(node, ast.Return):
            return after + on_return(node.value)
        if not _returns(node):
            after.append(node)
        elif isinstance(node, ast.If) and (_leaves(node.body) or not rest):
            node.body = _converted(node.body, on_return) or [ast.Pass()]
            node.orelse = _converted(node.orelse + rest, on_return)
            return [*after, node]
        elif isinstance(node, ast.Try) and not rest and not node.finalbody and not node.orelse:
            node.body = _converted(node.body, on_return) or [ast.Pass()]
            for handler in node.handlers:
                handler.body = _converted(handler.body, on_return) or [ast.Pass()]
            return [*after, node]
        else:
            raise _Cannot
    return after if _raises(body) else after + on_return(None)


def _returns(node: ast.AST) -> bool:
    return any(isinstance(item, ast.Return) for item in ast.walk(node))


def _raises(body: Block) -> bool:
    return bool(body) and isinstance(body[-1], ast.Raise)


def _leaves(body: Block) -> bool:
    return bool(body) and isinstance(body[-1], (ast.Return, ast.Raise))


def _blocks(node: ast.stmt) -> list[Block]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return []
    fields = [getattr(node, name, None) for name in ("body", "orelse", "finalbody")]
    fields += [handler.body for handler in getattr(node, "handlers", [])]
    return [cast("Block", part) for part in fields if part]


class _Rename(ast.NodeTransformer):
    def __init__(self, renamed: dict[str, str], values: dict[str, ast.expr]) -> None:
        self.renamed = renamed
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.values:
            return copy.deepcopy(self.values[node.id])
        node.id = self.renamed.get(node.id, node.id)
        return node

    def visit_alias(self, node: ast.alias) -> ast.AST:
        name = node.asname or node.name
        new = self.renamed.get(name, name)
        node.asname = new if new != node.name else None
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        if node.name:
            node.name = self.renamed.get(node.name, node.name)
        return self.generic_visit(node)


class _Replace(ast.NodeTransformer):
    """The helper's one expression, put in place of its call; not within inner scopes."""

    def __init__(self, site: Site, leave: set[int]) -> None:
        self.site = site
        self.leave = leave
        self.done = False

    def visit(self, node: ast.AST) -> ast.AST:
        if id(node) in self.leave or isinstance(node, (ast.Lambda, ast.FunctionDef, ast.ClassDef)):
            return node
        call = self.site.called(node)
        if call is None:
            return self.generic_visit(node)
        before, body = self.site.body(call)
        result = body[0]
        if before or not isinstance(result, ast.Return) or result.value is None:
            return node  # an argument would be computed twice, or in another order
        self.done = True
        return result.value

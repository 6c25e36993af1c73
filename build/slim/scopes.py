"""Python's scopes, and the scope that each name belongs to."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import cast

Function = ast.FunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

_SCOPES = (
    ast.FunctionDef,
    ast.Lambda,
    ast.ClassDef,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


@dataclass
class Scope:
    """A scope. `names` are bound here; `renamed` is free for the walker's use."""

    kind: str  # function, class, comprehension
    names: set[str]
    renamed: dict[str, str] = field(default_factory=dict)


def parameters(function: Function) -> list[ast.arg]:
    """Return all parameters, in order of definition."""
    arguments = function.args
    found = [*arguments.posonlyargs, *arguments.args]
    found += [arguments.vararg] if arguments.vararg else []
    found += arguments.kwonlyargs
    return found + ([arguments.kwarg] if arguments.kwarg else [])


def bound(nodes: list[ast.AST]) -> set[str]:
    """Return the names that these nodes bind in their own scope."""
    names: set[str] = set()
    outer: set[str] = set()
    todo = list(nodes)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler)):
            names.update([node.name] if node.name else [])
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name.split(".")[0])
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            outer.update(node.names)
        if not isinstance(node, _SCOPES):
            todo.extend(ast.iter_child_nodes(node))
    return names - outer


class Walker(ast.NodeTransformer):
    """A visitor of all nodes that knows their scopes; override `name`, `enter`, `binder`."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    def name(self, node: ast.Name, _owner: Scope | None) -> ast.expr:
        """Return the node for a name of a scope; None for the module's or a built-in one."""
        return node

    def enter(self, scope: Scope, node: ast.AST) -> None:
        """Handle the begin of a scope; its parameters are yet to be visited."""

    def binder(self, name: str, _owner: Scope | None) -> str:
        """Return the new name for one that is bound by other means than a Name node."""
        return name

    def owner(self, name: str) -> Scope | None:
        """Return the scope that `name` belongs to, seen from here."""
        for depth, scope in enumerate(reversed(self.scopes)):
            if name in scope.names and (scope.kind != "class" or depth == 0):
                return scope
        return None

    def here(self) -> Scope | None:
        """Return the innermost scope that is not a comprehension's."""
        for scope in reversed(self.scopes):
            if scope.kind != "comprehension":
                return scope
        return None

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Visit a name with its scope."""
        return self.name(node, self.owner(node.id))

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        """Visit `except ... as name`, which binds a name."""
        if node.name:
            node.name = self.binder(node.name, self.owner(node.name))
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Visit a function or a method in a scope of its own."""
        here = self.here()
        if here is not None and here.kind == "function":
            node.name = self.binder(node.name, self.owner(node.name))
        self._outside(node)
        names = {arg.arg for arg in parameters(node)}
        self._inside(node, Scope("function", names | bound(cast("list[ast.AST]", node.body))))
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        """Visit a lambda in a scope of its own."""
        self._outside(node)
        names = {arg.arg for arg in parameters(node)}
        self.scopes.append(Scope("function", names))
        self.enter(self.scopes[-1], node)
        node.body = self.visit(node.body)
        self.scopes.pop()
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Visit a class in a scope of its own."""
        node.decorator_list = [self.visit(item) for item in node.decorator_list]
        node.bases = [self.visit(item) for item in node.bases]
        self._inside(node, Scope("class", bound(cast("list[ast.AST]", node.body))))
        return node

    def _outside(self, node: Function) -> None:
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = [self.visit(item) for item in node.decorator_list]
        node.args.defaults = [self.visit(item) for item in node.args.defaults]
        node.args.kw_defaults = [item and self.visit(item) for item in node.args.kw_defaults]

    def _inside(self, node: ast.FunctionDef | ast.ClassDef, scope: Scope) -> None:
        self.scopes.append(scope)
        self.enter(scope, node)
        body: list[ast.stmt] = []
        for item in node.body:
            after = self.visit(item)
            body += after if isinstance(after, list) else [after] if after is not None else []
        node.body = body or [ast.Pass()]
        self.scopes.pop()

    def _comprehension(self, node: Comprehension) -> ast.AST:
        first = node.generators[0]
        first.iter = self.visit(first.iter)  # evaluated in the scope around it
        targets = [generator.target for generator in node.generators]
        scope = Scope("comprehension", bound(cast("list[ast.AST]", targets)))
        self.scopes.append(scope)
        self.enter(scope, node)
        for generator in node.generators:
            generator.target = self.visit(generator.target)
            if generator is not first:
                generator.iter = self.visit(generator.iter)
            generator.ifs = [self.visit(item) for item in generator.ifs]
        if isinstance(node, ast.DictComp):
            node.key, node.value = self.visit(node.key), self.visit(node.value)
        else:
            node.elt = self.visit(node.elt)
        self.scopes.pop()
        return node

    visit_ListComp = _comprehension  # noqa: N815
    visit_SetComp = _comprehension  # noqa: N815
    visit_DictComp = _comprehension  # noqa: N815
    visit_GeneratorExp = _comprehension  # noqa: N815

"""Passes that erase the code that only people and type checkers read."""

from __future__ import annotations

import ast

from build.slim.model import Module, Program, unknown

_TYPING = ("typing", "__future__")


class _Eraser(ast.NodeTransformer):
    """A transformer that counts its erasures; a body that becomes empty gets a `pass`."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.count = 0

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.If)) and not node.body:
            node.body = [ast.Pass()]
        return node


class _Docstrings(_Eraser):
    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if isinstance(node.value, ast.Constant):
            self.count += 1
            return None
        return self.generic_visit(node)


class _Annotations(_Eraser):
    def visit_arg(self, node: ast.arg) -> ast.AST:
        self.count += node.annotation is not None
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.count += node.returns is not None
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        self.count += 1
        if node.value is None:
            return None
        assign = ast.Assign(targets=[node.target], value=node.value)
        return self.generic_visit(ast.copy_location(assign, node))


class _Typing(_Eraser):
    """Imports from `typing`, blocks under `TYPE_CHECKING`, casts and protocols."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        if node.module not in _TYPING:
            return node
        self.count += 1
        return None

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt] | None:
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            return self.generic_visit(node)
        self.count += 1
        return node.orelse

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST | None:
        if not any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases):
            return self.generic_visit(node)
        self.count += 1
        return None

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "cast":
            self.count += 1
            return self.visit(node.args[1])  # type: ignore[no-any-return]
        return self.generic_visit(node)


class _Ports(_Eraser):
    """The interfaces; all that remains of them are the calls of the adapters' methods."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self.ports: set[str] = set()

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        if (node.module or "").split(".")[0] != "ports":
            return node
        self.count += 1
        self.ports.update(alias.asname or alias.name for alias in node.names)
        return None

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.bases = [
            base
            for base in node.bases
            if not (isinstance(base, ast.Name) and base.id in self.ports)
        ]
        return self.generic_visit(node)


class _Chaining(_Eraser):
    """`raise ... from ...`: MicroPython has no chains, and some ports warn of it each time."""

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        self.count += node.cause is not None
        node.cause = None
        return self.generic_visit(node)


def _run(program: Program, kind: type[_Eraser]) -> int:
    count = 0
    for module in program.modules.values():
        eraser = kind(module)
        eraser.visit(module.tree)
        count += eraser.count
    return count


def docstrings(program: Program) -> int:
    """Erase docstrings, and other constants that stand alone."""
    return _run(program, _Docstrings)


def hints(program: Program) -> int:
    """Erase annotations; an annotated assignment becomes a plain one."""
    return _run(program, _Annotations)


def typing(program: Program) -> int:
    """Erase imports from `typing` and all code for type checkers."""
    return _run(program, _Typing)


def ports(program: Program) -> int:
    """Erase the port classes, which are only interfaces."""
    return _run(program, _Ports)


def chaining(program: Program) -> int:
    """Erase the causes of exceptions."""
    return _run(program, _Chaining)


def leftovers(program: Program) -> int:
    """Raise `SlimError` for an import that a device lacks; return the number of imports."""
    count = 0
    for module in program.modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            count += 1
            for name in names:
                if name.split(".")[0] in ("attr", "attrs", "transitions", "ports", *_TYPING):
                    raise unknown(module.path, node, "%s is not to be had on a device" % name)
    return count


class _LeftOut(ast.NodeTransformer):
    def __init__(self, modules: set[str]) -> None:
        self.modules = modules
        self.ours = {name.split(".")[0] for name in modules}
        self.count = 0

    def visit_Try(self, node: ast.Try) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        first, caught = node.body[0], node.handlers[0].type if node.handlers else None
        if not isinstance(first, ast.ImportFrom) or getattr(caught, "id", "") != "ImportError":
            return node
        name = first.module or ""
        if name.split(".")[0] not in self.ours:
            return node
        self.count += 1
        return node.body if name in self.modules else node.handlers[0].body


def left_out(program: Program) -> int:
    """Settle each `try` to import a module of ours: a board is built with it or without.

    Return the number of those statements.
    """
    eraser = _LeftOut(set(program.modules))
    for module in program.modules.values():
        eraser.visit(module.tree)
    return eraser.count

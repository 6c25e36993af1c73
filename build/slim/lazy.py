"""The pass for lazy loading: code is loaded for as long as it is used, though objects outlive it.

A bundle may name a class, `module:Class`, or a method, `module:Class._method`. Where an object of
such a class is made, a `Proxy` (`build.slim.runtime`) is made instead: it has the object's
attributes and loads the class whenever a method is called. A method becomes a function of the
bundle; only its own class may call it.
"""

from __future__ import annotations

import ast

from build.slim.model import Entity, Program, SlimError, unique, unknown
from build.slim.reserved_names import RESERVED

SHELL = "build_slim_runtime__Proxy"
CALL = "build_slim_runtime__late"
AT_WORK = "build_slim_runtime___at_work"


def make_lazy(program: Program) -> int:
    """Fill `fixed`; return the number of places that make an object or call a method lazily."""
    classes: dict[str, str] = {}
    count = 0
    for bundle, items in program.lazy.items():
        for item in items:
            module, _, name = item.partition(":")
            head, _, method = name.partition(".")
            if not name:
                continue
            entity = program.entities.get(unique(module, head))
            if entity is None:
                raise SlimError("there is no %s for the bundle %s" % (item, bundle))
            if method:
                count += _take_out(program, entity, method, bundle)
            else:
                program.fixed[entity.name] = bundle
                if isinstance(entity.node, ast.ClassDef):
                    _only_methods(entity)
                    classes[entity.name] = bundle
                    program.shells.add(entity.name)
    for entity in program.entities.values():
        if not program.watching(entity):
            shells = _Shells(entity, classes)
            shells.visit(entity.node)
            count += shells.count
    return count


def _only_methods(entity: Entity) -> None:
    """Raise `SlimError` unless the class has plain methods only.

    A shell has no special methods, class attributes or bases.
    """
    assert isinstance(entity.node, ast.ClassDef)
    names = [getattr(item, "name", "") for item in entity.node.body]
    for name, item in zip(names, entity.node.body):
        if not isinstance(item, ast.FunctionDef) or (name[:2] == "__" and name != "__init__"):
            raise unknown(entity.path, item, "a class that is loaded late has plain methods only")
    if entity.node.bases:
        raise unknown(entity.path, entity.node, "a class that is loaded late has no base")
    if "__init__" not in names:
        entity.node.body.insert(0, ast.parse("def __init__(self): pass").body[0])


def _take_out(program: Program, entity: Entity, method: str, bundle: str) -> int:
    """Turn a method into a function of the bundle; return the number of calls rewritten."""
    node = entity.node
    assert isinstance(node, ast.ClassDef)
    found = [item for item in node.body if getattr(item, "name", "") == method]
    if method in RESERVED:
        raise SlimError("%s: %s may be what others have, too" % (entity.path, method))
    if not found or not isinstance(found[0], ast.FunctionDef):
        raise SlimError("%s: %s has no method %s" % (entity.path, entity.name, method))
    function = found[0]
    node.body.remove(function)
    node.body = node.body or [ast.Pass()]
    function.name = "%s__%s" % (entity.name, method)
    program.entities[function.name] = Entity(function.name, entity.path, entity.module, function)
    program.fixed[function.name] = bundle
    program.owners[function.name] = entity.name
    caller = _Caller(entity, method, function.name)
    for other in program.entities.values():
        ours = other is entity or other.name.startswith(entity.name + "__")
        if ours or method[:1] != "_":
            caller.visit(other.node)
    return caller.count


class _Caller(ast.NodeTransformer):
    """`self._method(...)` becomes `function(self, ...)`.

    No other class may have a public `method`.
    """

    def __init__(self, entity: Entity, method: str, function: str) -> None:
        self.entity = entity
        self.method = method
        self.function = function
        self.count = 0

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Attribute) and node.func.attr == self.method:
            self.count += 1
            node.args.insert(0, node.func.value)
            node.func = ast.Name(id=self.function, ctx=ast.Load())
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if node.attr == self.method:
            raise unknown(self.entity.path, node, "%s is loaded late: only call it" % node.attr)
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if any(getattr(item, "name", "") == self.method for item in node.body):
            raise unknown(self.entity.path, node, "%s is loaded late elsewhere" % self.method)
        return self.generic_visit(node)


class _Shells(ast.NodeTransformer):
    def __init__(self, entity: Entity, classes: dict[str, str]) -> None:
        self.entity = entity
        self.classes = classes
        self.count = 0

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id in self.classes:
            if node.keywords:
                raise unknown(self.entity.path, node, "a shell takes no arguments by name")
            name = node.func.id
            node.func = ast.Name(id=SHELL, ctx=ast.Load())
            # `kind` marks the second one as a name, which changes with the short names.
            where = [ast.Constant(value=self.classes[name]), ast.Constant(value=name, kind="name")]
            node.args = [*where, *node.args]
            self.count += 1
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.classes and isinstance(node.ctx, ast.Load):
            raise unknown(self.entity.path, node, "%s is loaded late: only make it" % node.id)
        return node


def own_calls(program: Program) -> int:
    """Call methods within their class without a detour by the shell; return the number of calls."""
    count = 0
    for name in sorted(program.shells):
        if name in program.entities:
            node = program.entities[name].node
            assert isinstance(node, ast.ClassDef)
            caller = _OwnCaller(name, {getattr(item, "name", "") for item in node.body})
            caller.visit(node)
            count += caller.count
    return count


class _OwnCaller(ast.NodeTransformer):
    """`self.method(...)` becomes `Class.method(self, ...)`."""

    def __init__(self, name: str, methods: set[str]) -> None:
        self.name = name
        self.methods = methods
        self.count = 0

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if (
            isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "self"
            and node.func.attr in self.methods
        ):
            node.args.insert(0, node.func.value)
            node.func.value = ast.Name(id=self.name, ctx=ast.Load())
            self.count += 1
        return node


class Arguments:
    """The check that no argument of a lazy call loads another bundle.

    The called code is loaded before its arguments are evaluated. If an argument loads other code,
    the first is unloaded, but stays in memory, and its own code loads it again: the smallest board
    has no memory for both.
    """

    def __init__(self, program: Program, where: dict[str, str]) -> None:
        self.program = program
        self.where = where
        classes = [
            item for item in program.entities.values() if isinstance(item.node, ast.ClassDef)
        ]
        late = {name for item in classes if item.name in program.shells for name in _methods(item)}
        other = {
            name for item in classes if item.name not in program.shells for name in _methods(item)
        }
        self.late = {name for name in late - other if name[:1] != "_"}

    def check(self, entity: Entity) -> None:
        """Raise `SlimError` for a lazy call with an argument that loads other code."""
        here = self.where.get(entity.name)
        for call in _calls(entity.node):
            if getattr(call.func, "attr", "") in RESERVED:
                continue  # most often a method of a list
            found = self._loads(call, here)
            given = [*call.args, *[item.value for item in call.keywords]]
            inner = [other for part in given for other in _calls(part)]
            if found and any(self._loads(other, here) not in ("", found) for other in inner):
                raise unknown(entity.path, call, "what this is given is loaded late: get it before")

    def _loads(self, call: ast.Call, here: str | None) -> str:
        """Return the bundle, or the method in place of its class, that a call may load; or ""."""
        function = call.func
        if isinstance(function, ast.Name) and function.id in self.where:
            bundle = self.where[function.id]
            return bundle if bundle in self.program.lazy and bundle != here else ""
        if isinstance(function, ast.Attribute) and function.attr in self.late:
            of = function.value  # a text; its own class; an object
            known = isinstance(of, ast.Constant) or getattr(of, "id", "") in self.where
            return "" if known else ast.unparse(function)
        return ""


def _methods(entity: Entity) -> list[str]:
    assert isinstance(entity.node, ast.ClassDef)
    return [item.name for item in entity.node.body if isinstance(item, ast.FunctionDef)]


def _calls(node: ast.AST) -> list[ast.Call]:
    """Return the calls within a node, except those in a lambda, which are made later."""
    if isinstance(node, ast.Lambda):
        return []
    found = [other for part in ast.iter_child_nodes(node) for other in _calls(part)]
    return [node, *found] if isinstance(node, ast.Call) else found

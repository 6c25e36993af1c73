"""The names in a program, their uses, and which of them could meet."""

from __future__ import annotations

import ast
from typing import cast

from build.slim.model import Entity, Program, unknown
from build.slim.reserved_names import KEPT, RESERVED
from build.slim.scopes import Function, bound, parameters

# Its texts are for people, and never the name of an attribute.
SHOWN = "adapters.debug."


class Survey:
    """The names in the program, and their uses."""

    def __init__(self, entities: list[Entity], fields: set[str]) -> None:
        self.count: dict[str, int] = {}
        self.attributes: set[str] = set()  # of any object, also of one that is not ours
        self.defined: set[str] = set()  # of those, ours
        self.passed: set[str] = set()  # keywords of calls
        self.texts: set[str] = set()
        self.takers: set[str] = set()  # functions that take any keyword: its name is a text
        self.calls: list[ast.Call] = []
        self.ours: set[str] = set()  # parameters and attributes: keywords that are ours
        for entity in entities:
            before = set(self.texts)
            for node in ast.walk(entity.node):
                self._see(node)
            if entity.module.startswith(SHOWN):
                self.texts = before
        for call in self.calls:
            self._keywords(call)
        self.passed = self.passed & self.ours | fields
        self.defined |= self.passed

    def renameable(self) -> set[str]:
        """Return the attributes to rename."""
        kept = RESERVED | KEPT | self.texts
        return {name for name in self.defined if name not in kept and not name.startswith("__")}

    def _see(self, node: ast.AST) -> None:
        if isinstance(node, ast.Attribute):
            self.attributes.add(node.attr)
            self._add(node.attr, self.defined if isinstance(node.ctx, ast.Store) else None)
        elif isinstance(node, ast.Name):
            self._add(node.id, None)
        elif isinstance(node, ast.ClassDef):
            methods = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
            self.attributes.update(methods)
            self.defined.update(methods)
            self.texts.update(bound(cast("list[ast.AST]", node.body)) - methods)  # kept as they are
        elif isinstance(node, (ast.FunctionDef, ast.Lambda)):
            self._function(node)
        elif isinstance(node, ast.Call):
            self.calls.append(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            self.texts.add(node.value)

    def _function(self, node: Function) -> None:
        for arg in parameters(node):
            self._add(arg.arg, self.ours)
        if node.args.kwarg and isinstance(node, ast.FunctionDef):
            self.takers.add(node.name)

    def _add(self, name: str, names: set[str] | None) -> None:
        self.count[name] = self.count.get(name, 0) + 1
        if names is not None:
            names.add(name)

    def _keywords(self, call: ast.Call) -> None:
        """Note a call's keywords.

        Those of our functions are renamed with the parameters; all others are kept, and so are
        those of a function that takes any keyword.
        """
        function = call.func
        name = getattr(function, "attr", getattr(function, "id", ""))
        for item in call.keywords:
            if item.arg is not None:
                (self.texts if name in self.takers else self.passed).add(item.arg)


class Families:
    """The classes, each with those derived from it: an object has the attributes of all of them."""

    def __init__(self, program: Program) -> None:
        self.members: dict[str, set[str]] = {}  # attributes and methods, by family
        self.outside: set[str] = set()  # attributes that are set from outside of their class
        self.answering: set[str] = set()  # families that stand for others: they have any attribute
        self._bases: dict[str, str] = {}
        for entity in program.entities.values():
            if isinstance(entity.node, ast.ClassDef):
                self._base(program, entity, entity.node)
        for name, entity in program.entities.items():
            family = self.of(program.owners.get(name, name))
            methods = getattr(entity.node, "body", []) if family else []
            found = {getattr(item, "name", "") for item in methods}
            self.members.setdefault(family, set()).update(found)
            if "__getattr__" in found:
                self.answering.add(family)
            for node in ast.walk(entity.node):
                if isinstance(node, ast.Attribute):
                    self._attribute(node, program.owners.get(name, name), family)

    def of(self, name: str) -> str:
        """Return the family of a class; empty if there is no such class."""
        while self._bases.get(name):
            name = self._bases[name]
        return name if name in self._bases else ""

    def groups(self, names: set[str]) -> dict[str, set[str]]:
        """Return the families that each of the attributes is in."""
        found: dict[str, set[str]] = {name: set() for name in names}
        for family, members in self.members.items():
            for name in members & names:
                found[name].add(family)
        return found

    def anywhere(self) -> set[str]:
        """Return the attributes that an object of any class may have."""
        return self.outside.union(*[self.members[family] for family in self.answering])

    def _base(self, program: Program, entity: Entity, node: ast.ClassDef) -> None:
        found = [base.id for base in node.bases if isinstance(base, ast.Name)]
        ours = [name for name in found if name in program.entities]
        if len(ours) > 1:
            raise unknown(entity.path, node, "a class has one base of ours, or none")
        self._bases[entity.name] = ours[0] if ours else ""

    def _attribute(self, node: ast.Attribute, owner: str, family: str) -> None:
        if own(node, owner) and family:
            self.members[family].add(node.attr)
        elif not isinstance(node.ctx, ast.Load):
            self.outside.add(node.attr)


def own(node: ast.Attribute, owner: str) -> bool:
    """Decide whether this is an attribute of `self`, or of the class `owner`."""
    return isinstance(node.value, ast.Name) and node.value.id in ("self", owner)


def inside(node: ast.AST) -> set[str]:
    """Return all names of parameters and variables in a function, and in those within it."""
    found = set()
    for item in ast.walk(node):
        if isinstance(item, ast.Name):
            found.add(item.id)
        elif isinstance(item, (ast.FunctionDef, ast.Lambda)):
            found.update(arg.arg for arg in parameters(item))
        elif isinstance(item, ast.ExceptHandler):
            found.update([item.name] if item.name else [])
    return found


def known(tree: ast.Module) -> set[str]:
    """Return all names of variables in a module and its functions, the built-in ones included."""
    return inside(tree) | bound([item for item in ast.walk(tree) if isinstance(item, ast.alias)])

"""The pass that gives short names to what is ours.

Definitions, attributes and parameters that are passed by name: on a board every name is stored
once in each file, and once more in memory. Left as they are: names that exist in MicroPython
(`foreign.txt`: an attribute might be one of an object that is not ours), names that are also a
text somewhere in the program (it might be read by `getattr`, or be a key), and those in `KEPT`.
The same short name may mean a definition here and an attribute there: they never meet.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterator
from pathlib import Path

from build.slim.model import Entity, Program
from build.slim.scopes import Function, Scope, Walker, parameters

FOREIGN = frozenset(Path(__file__).with_name("foreign.txt").read_text(encoding="ascii").split())

# What the owner's app and the board's own files define, and who looks at them uses by name.
KEPT = frozenset({"WorkerTask", "ManagementTask", "call", "setup", "main", "boot"})

# Its texts are for people, and never the name of an attribute.
SHOWN = "domain.debug."

_LOWER = "abcdefghijklmnopqrstuvwxyz"
_UPPER = _LOWER.upper()


def names(program: Program) -> int:
    """Rename; gives the names that became shorter."""
    product = [item for item in program.entities.values() if not program.watching(item)]
    survey = _Survey(product, program.fields)
    attributes = survey.renameable()
    taken = survey.seen | FOREIGN | KEPT
    mapping = dict(zip(attributes, _short(_LOWER + _UPPER, taken)))
    # A parameter that is passed by name is a local variable too, and must not hide a definition.
    passed = iter(_short(_LOWER, taken | set(mapping.values())))
    mapping.update({name: next(passed) for name in attributes if name in survey.passed})
    # No local variable begins with a capital letter, so these are never hidden.
    heads = [entity.name for entity in product]
    count = survey.count
    heads.sort(key=lambda name: (-count.get(name, 0), name))
    globals_ = dict(zip(heads, _short(_UPPER, taken)))
    passed_names = {name: mapping.get(name, name) for name in survey.passed}
    renamer = _Renamer(mapping, globals_, passed_names, survey.locals | FOREIGN)
    for entity in program.entities.values():
        entity.node = renamer.visit(entity.node)
        entity.name = globals_.get(entity.name, entity.name)
        if isinstance(entity.node, (ast.FunctionDef, ast.ClassDef)):
            entity.node.name = entity.name
    program.entities = {entity.name: entity for entity in program.entities.values()}
    program.renamed = {**globals_, **mapping}
    return len(program.renamed)


def _short(first: str, taken: set[str] | frozenset[str]) -> Iterator[str]:
    """Ever longer names that are not taken, beginning with one of the letters in `first`."""
    rest = _LOWER + _UPPER + "0123456789"
    tails = [""]
    while True:
        for head in first:
            for tail in tails:
                name = head + tail
                if name not in taken and not keyword.iskeyword(name):
                    yield name
        tails = [tail + letter for tail in tails for letter in rest]


class _Survey:
    """Which names there are in the program, and what they are used for."""

    def __init__(self, entities: list[Entity], fields: set[str]) -> None:
        self.count: dict[str, int] = {}
        self.defined: set[str] = set()  # attributes
        self.passed: set[str] = set()  # keywords of calls
        self.texts: set[str] = set()
        self.locals: set[str] = set()
        self.takers: set[str] = set()  # functions that take any keyword, whose names are texts
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
        self.seen = self.texts | self.locals

    def renameable(self) -> list[str]:
        """The attributes that get another name, the most used first."""
        kept = FOREIGN | KEPT | self.texts
        found = [name for name in self.defined if name not in kept and not name.startswith("__")]
        return sorted(found, key=lambda name: (-self.count.get(name, 0), name))

    def _see(self, node: ast.AST) -> None:
        if isinstance(node, ast.Attribute):
            self._add(node.attr, self.defined if isinstance(node.ctx, ast.Store) else None)
        elif isinstance(node, ast.Name):
            self._add(node.id, self.locals if isinstance(node.ctx, ast.Store) else None)
        elif isinstance(node, ast.ClassDef):
            methods = [item.name for item in node.body if isinstance(item, ast.FunctionDef)]
            self.defined.update(methods)
        elif isinstance(node, (ast.FunctionDef, ast.Lambda)):
            self._function(node)
        elif isinstance(node, ast.Call):
            self.calls.append(node)
        elif isinstance(node, ast.ExceptHandler):
            self.locals.update([node.name] if node.name else [])
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
        """Keywords of a function of ours are renamed with its parameters, all others kept."""
        function = call.func
        name = getattr(function, "attr", getattr(function, "id", ""))
        for item in call.keywords:
            if item.arg is not None:
                (self.texts if name in self.takers else self.passed).add(item.arg)


class _Renamer(Walker):
    """Renames; a parameter that is only ever passed by its place gets a name of its place."""

    def __init__(
        self,
        mapping: dict[str, str],
        heads: dict[str, str],
        passed: dict[str, str],
        taken: set[str] | frozenset[str],
    ) -> None:
        super().__init__()
        self.passed = passed
        self.mapping = mapping
        self.heads = heads
        self.taken = taken

    def enter(self, scope: Scope, node: ast.AST) -> None:
        """Choose the names of the parameters."""
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            return
        around = {name for outer in self.scopes[:-1] for name in outer.renamed.values()}
        around.update(name for outer in self.scopes[:-1] for name in outer.names)
        taken = scope.names | around | set(self.passed.values()) | self.taken
        short = _short(_LOWER, taken)
        for arg in parameters(node):
            if arg.arg != "self":
                new = self.passed.get(arg.arg) or next(short)
                scope.renamed[arg.arg] = new
                arg.arg = new

    def name(self, node: ast.Name, owner: Scope | None) -> ast.expr:
        """A parameter, or a definition."""
        names = self.heads if owner is None else owner.renamed
        node.id = names.get(node.id, node.id)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:  # noqa: N802 - as `ast` has it
        """A method's name is an attribute."""
        here = self.here()
        if here is not None and here.kind == "class":
            node.name = self.mapping.get(node.name, node.name)
        return super().visit_FunctionDef(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:  # noqa: N802
        """An attribute."""
        node.attr = self.mapping.get(node.attr, node.attr)
        return self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        """`name=` in a call."""
        if node.arg is not None:
            node.arg = self.mapping.get(node.arg, node.arg)
        return self.generic_visit(node)

    def visit_alias(self, node: ast.alias) -> ast.AST:
        """In the `try` around an import."""
        node.asname = self.heads.get(node.asname or "", node.asname)
        return node

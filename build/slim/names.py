"""The pass that gives short names to what is ours.

Definitions, attributes and parameters that are passed by name: on a board every name is stored
once in each file, and once more in memory, for good. So they are used again where they cannot
meet: a definition's name in files that do not see it, a private attribute's in other classes, and
both for each other. Left as they are: names that exist in MicroPython (`foreign.txt`: an attribute
might be one of an object that is not ours), names that are also a text somewhere in the program (it
might be read by `getattr`, or be a key), and those in `KEPT`.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterator

from build.slim.foreign import FOREIGN, KEPT
from build.slim.imports import written
from build.slim.model import Entity, Program
from build.slim.place import references
from build.slim.scopes import Function, Scope, Walker, parameters

# Its texts are for people, and never the name of an attribute.
SHOWN = "domain.debug."

_LOWER = "abcdefghijklmnopqrstuvwxyz"
_UPPER = _LOWER.upper()


def names(program: Program) -> int:
    """Rename, and write the sources; gives the names that became shorter."""
    product = [item for item in program.entities.values() if not program.watching(item)]
    survey = _Survey(product, program.fields)
    attributes = survey.renameable()
    taken = survey.seen | FOREIGN | KEPT
    private = _private(program, set(attributes))
    owners: dict[str, set[str]] = {}
    for name, found in private.items():
        for each in found:
            owners.setdefault(each, set()).add(name)
    public = [name for name in attributes if name not in owners]
    mapping = dict(zip(public, _short(_UPPER + _LOWER, taken)))
    # A parameter that is passed by name is a local variable too, and must not hide a definition.
    passed = iter(_short(_LOWER, taken | set(mapping.values())))
    mapping.update({name: next(passed) for name in public if name in survey.passed})
    own = {
        name: _own(found, _defined(program, name), mapping, survey, taken)
        for name, found in private.items()
    }
    # No local variable begins with a capital letter, so these are never hidden.
    heads = _heads(program, survey, taken)
    passed_names = {name: mapping.get(name, name) for name in survey.passed}
    renamer = _Renamer(program, mapping, own, heads, passed_names, survey.locals | FOREIGN)
    for bundle, tree in program.trees.items():
        renamer.module(bundle, tree)
        program.sources[bundle] = written(tree)
    program.renamed = {**heads, **mapping}
    for name, short in own.items():
        program.renamed.update({"%s.%s" % (name, attr): short[attr] for attr in short})
    return len(heads) + len(mapping) + sum(len(found) for found in own.values())


def _private(program: Program, attributes: set[str]) -> dict[str, set[str]]:
    """The attributes that only a class's own code uses, by class."""
    found: dict[str, set[str]] = {}
    shared: set[str] = set()
    for entity in program.entities.values():
        owner = program.owners.get(entity.name)
        if owner is None and isinstance(entity.node, ast.ClassDef) and not entity.node.bases:
            owner = entity.name
            methods = {getattr(item, "name", "") for item in entity.node.body}
            found.setdefault(owner, set()).update(methods)
        for node in ast.walk(entity.node):
            if isinstance(node, ast.Attribute):
                if _own_value(node, owner) and owner is not None and not program.watching(entity):
                    found.setdefault(owner, set()).add(node.attr)
                else:
                    shared.add(node.attr)
    return {
        owner: {name for name in names & attributes - shared if name[:1] == "_" != name[1:2]}
        for owner, names in found.items()
    }


def _own_value(node: ast.Attribute, owner: str | None) -> bool:
    """Whether this is an attribute of `self`, or of the class that we are in."""
    return isinstance(node.value, ast.Name) and node.value.id in ("self", owner)


def _watched(bundle: str) -> bool:
    """Whether this is for watchers."""
    return bundle.split("_")[0] == "watch"


def _defined(program: Program, owner: str) -> set[str]:
    """All attributes that the code of a class uses of its own objects."""
    entities = [
        item for name, item in program.entities.items() if owner in (name, program.owners.get(name))
    ]
    nodes = [node for entity in entities for node in ast.walk(entity.node)]
    found = {
        node.attr for node in nodes if isinstance(node, ast.Attribute) and _own_value(node, owner)
    }
    return found | {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def _own(
    private: set[str],
    defined: set[str],
    mapping: dict[str, str],
    survey: _Survey,
    taken: set[str] | frozenset[str],
) -> dict[str, str]:
    """Names for a class's private attributes: any that its other attributes have not."""
    used = {mapping.get(name, name) for name in defined} | taken
    order = sorted(private, key=lambda name: (-survey.count.get(name, 0), name))
    return dict(zip(order, _short(_UPPER + _LOWER, used)))


def _heads(program: Program, survey: _Survey, taken: set[str] | frozenset[str]) -> dict[str, str]:
    """Names for definitions, so that those that one file sees are different."""
    seen: dict[str, set[str]] = {}
    for bundle, entities in program.bundles.items():
        for entity in entities if not _watched(bundle) else ():
            seen.setdefault(entity.name, set()).add(bundle)
            for name in references(program, entity):
                seen.setdefault(name, set()).add(bundle)
    used: dict[str, set[str]] = {}
    heads: dict[str, str] = {}
    for name in sorted(seen, key=lambda name: (-survey.count.get(name, 0), name)):
        for short in _short(_UPPER, taken):
            if not any(short in used.get(bundle, ()) for bundle in seen[name]):
                break
        heads[name] = short
        for bundle in seen[name]:
            used.setdefault(bundle, set()).add(short)
    return heads


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
        program: Program,
        mapping: dict[str, str],
        own: dict[str, dict[str, str]],
        heads: dict[str, str],
        passed: dict[str, str],
        taken: set[str] | frozenset[str],
    ) -> None:
        super().__init__()
        self.program = program
        self.passed = passed
        self.mapping = mapping
        self.own = own
        self.heads = heads
        self.taken = taken
        self.owned: dict[str, str] = {}  # the names of the class that we are in
        self.owner_name = ""
        self.watching = False

    def module(self, bundle: str, tree: ast.Module) -> None:
        """All of a bundle. Watchers keep the names of definitions: they see all of them."""
        self.watching = _watched(bundle)
        for at, node in enumerate(tree.body):
            name = getattr(node, "name", "")
            self.owner_name = self.program.owners.get(name, name)
            self.owned = self.own.get(self.owner_name, {})
            tree.body[at] = self.visit(node)
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not self.watching:
                node.name = self.heads.get(node.name, node.name)

    def enter(self, scope: Scope, node: ast.AST) -> None:
        """Choose the names of the parameters."""
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            return
        if not self.watching:  # what is imported where it is used
            scope.renamed.update({name: self.heads[name] for name in scope.names & set(self.heads)})
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
        if owner is not None:
            node.id = owner.renamed.get(node.id, node.id)
        elif not self.watching:
            node.id = self.heads.get(node.id, node.id)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:  # noqa: N802 - as `ast` has it
        """A method's name is an attribute."""
        here = self.here()
        if here is not None and here.kind == "class":
            node.name = self.owned.get(node.name) or self.mapping.get(node.name, node.name)
        return super().visit_FunctionDef(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:  # noqa: N802
        """What a shell knows its class by."""
        if node.kind == "name":
            node.value, node.kind = self.heads[str(node.value)], None
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:  # noqa: N802
        """An attribute."""
        own = _own_value(node, self.owner_name)
        short = self.owned.get(node.attr) if own else None
        node.attr = short or self.mapping.get(node.attr, node.attr)
        return self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        """`name=` in a call."""
        if node.arg is not None:
            node.arg = self.mapping.get(node.arg, node.arg)
        return self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:  # noqa: N802
        """Of a definition of ours, or in the `try` around an import."""
        for alias in node.names:
            if node.module in self.program.bundles:
                if self.watching and alias.name in self.heads:
                    alias.asname = alias.name
                alias.name = self.heads.get(alias.name, alias.name)
            elif alias.asname and not self.watching:
                alias.asname = self.heads.get(alias.asname, alias.asname)
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST:  # noqa: N802
        """In the `try` around an import."""
        for alias in node.names:
            if alias.asname and not self.watching:
                alias.asname = self.heads.get(alias.asname, alias.asname)
        return node

"""The pass that shortens our own names.

These are definitions, attributes and parameters that are passed by name: a board stores every name
once in each file, and once more in memory, for good. So short names are used again where they
cannot meet: a definition's name in files that do not see it, an attribute's in classes that do not
have it, and both for each other. An attribute that is set from outside of its class may meet any
other; a private one only those of its class. Left as they are: names that exist in MicroPython
(`reserved_names.txt`: an attribute might be one of an object that is not ours), names that are also
a text somewhere in the program (it might be read by `getattr`, or be a key), and those in `KEPT`.
So our programs may ask whether an object has an attribute only by a text.

The shortest in a file are names that MicroPython has anyway: the compiler stores a number for them,
and on the board they take no memory. They serve where the program does not use them in their own
meaning: `sort` for an attribute, unless anything has a `.sort`.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from itertools import chain

from build.slim.bundling import references
from build.slim.imports import written
from build.slim.model import Program
from build.slim.reserved_names import KEPT, POSITIONS, RESERVED, SPECIAL, STATIC
from build.slim.scopes import Function, Scope, Walker, parameters
from build.slim.shorten import LOWER, UPPER, Shortener, ever_longer
from build.slim.survey import Families, Survey, inside, known, own


def names(program: Program) -> int:
    """Rename, and write the sources; return the number of names that became shorter."""
    product = [item for item in program.entities.values() if not program.watching(item)]
    survey = Survey(product, program.fields)
    families = Families(program)
    taken = survey.texts | RESERVED | KEPT
    mapping = _attributes(program, survey, families, Shortener(taken, survey.count))
    # No local variable begins with a capital letter, so these are never hidden.
    shortener = Shortener(taken, survey.count)
    for bundle, tree in program.trees.items():
        shortener.reserve(bundle, known(tree))
    heads = shortener.shorten(_seen(program), UPPER, _static(KEPT))
    renamer = _Renamer(program, mapping, heads, survey.passed, families)
    for bundle, tree in program.trees.items():
        renamer.module(bundle, tree)
        program.sources[bundle] = written(tree)
    program.renamed = {**heads, **mapping}
    return len(program.renamed)


def _attributes(
    program: Program, survey: Survey, families: Families, shortener: Shortener
) -> dict[str, str]:
    """Choose names for attributes, for private ones by `class.attribute`, and for keywords."""
    public = survey.renameable()
    private = _private(program, families, public)
    public = public.difference(*private.values())
    groups = families.groups(public)
    anywhere = families.anywhere() & public
    for family, found in private.items():
        several = {"%s.%s" % (family, name) for name in found}
        groups.update({name: {family} for name in several})
        anywhere |= several if family in families.answering else set()
    for name in anywhere:
        groups[name].add("")
    # A parameter that is passed by name is a local variable too, and must not hide a definition.
    passed = public & survey.passed
    for number, node in enumerate(_functions(program)):
        found = passed & {arg.arg for arg in parameters(node)}
        shortener.reserve(str(number), inside(node) if found else ())
        for name in found:
            groups[name].add(str(number))
    mapping: dict[str, str] = {}
    static = _static({*survey.attributes, *survey.texts, *survey.passed, *KEPT})
    # An attribute that an object of any class may have shares its name with no other.
    for some in (anywhere, set(groups) - anywhere):
        for here, first, best in (
            (some & passed, LOWER, ()),
            (some - passed, UPPER + LOWER, static),
        ):
            mapping.update(shortener.shorten({name: groups[name] for name in here}, first, best))
        if some is anywhere:
            shortener.exclude(mapping.values())
    return mapping


def _static(without: Collection[str]) -> list[list[str]]:
    """Return the names that take the least room in a file, less those that are in use."""
    return [[name for name in tier if name not in {*SPECIAL, *without}] for tier in STATIC]


def _private(program: Program, families: Families, attributes: set[str]) -> dict[str, set[str]]:
    """Return the attributes that only a family's own code uses, by family."""
    shared: set[str] = set()
    for name, entity in program.entities.items():
        owner = program.owners.get(name, name)
        theirs = families.of(owner) and not program.watching(entity)
        for node in ast.walk(entity.node):
            if isinstance(node, ast.Attribute) and not (theirs and own(node, owner)):
                shared.add(node.attr)
    return {
        family: {name for name in members & attributes - shared if name[:1] == "_"}
        for family, members in families.members.items()
    }


def _functions(program: Program) -> list[Function]:
    """Return all functions, in order."""
    nodes = [node for item in program.entities.values() for node in ast.walk(item.node)]
    return [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.Lambda))]


def _watched(bundle: str) -> bool:
    """Decide whether a bundle is for watchers."""
    return bundle.split("_")[0] == "watch"


def _seen(program: Program) -> dict[str, set[str]]:
    """Map each definition to the files that see it: there its name must be unique."""
    seen: dict[str, set[str]] = {}
    for bundle, entities in program.bundles.items():
        for entity in entities if not _watched(bundle) else ():
            for name in (entity.name, *references(program, entity)):
                seen.setdefault(name, set()).add(bundle)
    return seen


class _Renamer(Walker):
    """The renaming; a parameter that is only ever passed by position is named by its position."""

    def __init__(
        self,
        program: Program,
        mapping: dict[str, str],
        heads: dict[str, str],
        passed: set[str],
        families: Families,
    ) -> None:
        super().__init__()
        self.program = program
        self.mapping = mapping
        self.heads = heads
        self.passed = {name: mapping.get(name, name) for name in passed}
        self.families = families
        self.owner_name = ""
        self.family = ""  # the one around the visited node
        self.watching = False

    def module(self, bundle: str, tree: ast.Module) -> None:
        """Rename all of a bundle. Watchers keep the names of definitions: they see all of them."""
        self.watching = _watched(bundle)
        for at, node in enumerate(tree.body):
            name = getattr(node, "name", "")
            self.owner_name = self.program.owners.get(name, name)
            self.family = self.families.of(self.owner_name)
            tree.body[at] = self.visit(node)
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not self.watching:
                node.name = self.heads.get(node.name, node.name)

    def enter(self, scope: Scope, node: ast.AST) -> None:
        """Choose the names of the parameters."""
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            return
        if not self.watching:  # imported where it is used
            scope.renamed.update({name: self.heads[name] for name in scope.names & set(self.heads)})
        taken = inside(node) | RESERVED
        taken.update(self.passed[name] for name in taken & set(self.passed))
        for outer in self.scopes[:-1]:
            taken.update(outer.names, outer.renamed.values())
        short = chain((name for name in POSITIONS if name not in taken), ever_longer(LOWER, taken))
        for arg in parameters(node):
            if arg.arg != "self":
                new = self.passed.get(arg.arg) or next(short)
                scope.renamed[arg.arg] = new
                arg.arg = new

    def name(self, node: ast.Name, owner: Scope | None) -> ast.expr:
        """Rename a parameter, or a definition."""
        if owner is not None:
            node.id = owner.renamed.get(node.id, node.id)
        elif not self.watching:
            node.id = self.heads.get(node.id, node.id)
        return node

    def short(self, name: str, ours: bool) -> str:
        """Return the name of an attribute; `ours`: of the class around the visited node."""
        private = self.mapping.get("%s.%s" % (self.family, name)) if ours else None
        return private or self.mapping.get(name, name)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:  # noqa: N802 - as `ast` has it
        """Rename a method as an attribute."""
        here = self.here()
        if here is not None and here.kind == "class":
            node.name = self.short(node.name, True)
        return super().visit_FunctionDef(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:  # noqa: N802
        """Rename the text by which a shell finds its class."""
        if node.kind == "name":
            node.value, node.kind = self.heads[str(node.value)], None
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:  # noqa: N802
        """Replace `getattr` of a lazily loaded name by an attribute: 5 bytes of code less."""
        by_text = node.args[1:] and isinstance(node.func, ast.Name) and node.func.id == "getattr"
        name = node.args[1] if by_text else None
        named = isinstance(name, ast.Constant) and name.kind == "name"
        self.generic_visit(node)
        if isinstance(name, ast.Constant) and named:
            return ast.Attribute(node.args[0], str(name.value), ast.Load())
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:  # noqa: N802
        """Rename an attribute."""
        node.attr = self.short(node.attr, own(node, self.owner_name))
        return self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        """Rename the keyword of `name=` in a call."""
        if node.arg is not None:
            node.arg = self.mapping.get(node.arg, node.arg)
        return self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:  # noqa: N802
        """Rename an import of a definition of ours, or in the `try` around an import."""
        for alias in node.names:
            if node.module in self.program.bundles:
                if self.watching and alias.name in self.heads:
                    alias.asname = alias.name
                alias.name = self.heads.get(alias.name, alias.name)
            elif alias.asname and not self.watching:
                alias.asname = self.heads.get(alias.asname, alias.asname)
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST:  # noqa: N802
        """Rename the target in the `try` around an import."""
        for alias in node.names:
            if alias.asname and not self.watching:
                alias.asname = self.heads.get(alias.asname, alias.asname)
        return node

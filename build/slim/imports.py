"""The pass that makes a module of each bundle: its definitions, and the imports that they need."""

from __future__ import annotations

import ast
from typing import cast

from build.slim.at_work import Loading, at_work
from build.slim.bundling import at_import, references
from build.slim.lazy import CALL, Arguments
from build.slim.model import Entity, Program, unknown

# The debug shell may be unloaded while it works, and loaded again.
_IN_NO_HURRY = "adapters.debug."


def modules(program: Program) -> int:
    """Fill `trees` and `sources`; return the number of imports between the files."""
    where = {item.name: bundle for bundle, found in program.bundles.items() for item in found}
    count = 0
    if CALL in program.entities:
        arguments = Arguments(program, where)
        for entity in program.entities.values():
            if not entity.module.startswith(_IN_NO_HURRY) and not program.watching(entity):
                arguments.check(entity)
        _say_at_work(program, where)
    for bundle, entities in program.bundles.items():
        late = _late(program, bundle)
        importer = _Importer(program, where, bundle, late)
        body = [importer.statement(entity) for entity in entities]
        head = [*_externals(program, entities), *importer.head(entities)]
        count += len(importer.head(entities)) + importer.count
        program.trees[bundle] = ast.Module(body=[*head, *body], type_ignores=[])
        program.sources[bundle] = written(program.trees[bundle])
    return count


def _say_at_work(program: Program, where: dict[str, str]) -> None:
    """Mark each function as at work that another bundle calls lazily, and that may load one."""
    called = set(program.shells)
    for bundle, entities in program.bundles.items():
        late = _late(program, bundle)
        for entity in entities:
            for name in references(program, entity):
                found = program.entities[name].node
                if where[name] in late and isinstance(found, ast.FunctionDef):
                    called.add(name)
    loading = Loading(program, where)
    for name in sorted(called & set(where)):
        node = program.entities[name].node
        if program.entities[name].module.startswith(_IN_NO_HURRY):
            continue
        for item in node.body if isinstance(node, ast.ClassDef) else [node]:
            # A public method is at work around each private one.
            private = isinstance(node, ast.ClassDef) and getattr(item, "name", "_")[:1] == "_"
            if not isinstance(item, ast.FunctionDef) or private or _yields(item):
                continue
            if loading.loads(item, where[name]):
                at_work(item, where[name])


def _yields(function: ast.FunctionDef) -> bool:
    """Decide whether a function is a generator: its code is at work on and off."""
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(function))


def written(tree: ast.Module) -> str:
    """Return a module as source text."""
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _late(program: Program, bundle: str) -> set[str]:
    """Return the bundles that this one must not load at import."""
    if bundle != program.core and bundle not in program.lazy:
        return set()
    return set(program.lazy) - {bundle}


def _externals(program: Program, entities: list[Entity]) -> list[ast.stmt]:
    names = {
        node.id
        for entity in entities
        for node in ast.walk(entity.node)
        if isinstance(node, ast.Name) and node.id in program.externals
    }
    return [program.externals[name] for name in sorted(names)]


class _Importer:
    def __init__(
        self, program: Program, where: dict[str, str], bundle: str, late: set[str]
    ) -> None:
        self.program = program
        self.where = where
        self.bundle = bundle
        self.late = late
        self.call = CALL if CALL in program.entities else ""
        self.count = 0

    def head(self, entities: list[Entity]) -> list[ast.stmt]:
        """Return the imports for the top of the file, from bundles that may be loaded with it."""
        wanted: dict[str, set[str]] = {}
        for entity in entities:
            names = references(self.program, entity)
            if self.call and any(self.is_late(name) for name in names):
                names.append(self.call)
            for name in names:
                source = self.where[name]
                if source != self.bundle and source not in self.late:
                    wanted.setdefault(source, set()).add(name)
        return [_import(source, sorted(wanted[source])) for source in sorted(wanted)]

    def statement(self, entity: Entity) -> ast.stmt:
        """Return the definition, with imports from lazy bundles where they are used."""
        if any(self.is_late(name) for name in references(self.program, entity)):
            for name in at_import(self.program, entity):
                if self.is_late(name):
                    raise unknown(entity.path, entity.node, "this needs %s at once" % name)
            if self.call:
                entity.node = _Calls(self).visit(entity.node)
            for node in ast.walk(entity.node):
                if isinstance(node, ast.FunctionDef):
                    node.body = self.block(node.body)
        return entity.node

    def is_late(self, name: str) -> bool:
        """Decide whether this definition lies in a lazy bundle other than this one."""
        return self.where.get(name, self.bundle) in self.late

    def is_function(self, name: str) -> bool:
        """Decide whether this is a function, not a class or a value."""
        return isinstance(self.program.entities[name].node, ast.FunctionDef)

    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Return the same statements, each behind the imports that it needs."""
        done: set[str] = set()
        after: list[ast.stmt] = []
        for node in body:
            for name in sorted(self.late_names(node) - done):
                after.append(_import(self.where[name], [name]))
                self.count += 1
                done.add(name)
            for part in _blocks(node):
                part[:] = self.block(part)
            after.append(node)
        return after

    def late_names(self, node: ast.stmt) -> set[str]:
        """Return the names of lazy bundles that the statement uses, its inner blocks left out."""
        inner = {id(item) for part in _blocks(node) for item in part}
        todo: list[ast.AST] = [node]
        found = set()
        while todo:
            part = todo.pop()
            if isinstance(part, ast.Name) and self.is_late(part.id):
                found.add(part.id)
            todo += [item for item in ast.iter_child_nodes(part) if id(item) not in inner]
        return found


class _Calls(ast.NodeTransformer):
    """Calls of a lazy bundle's functions, replaced by calls through the runtime, which loads it."""

    def __init__(self, importer: _Importer) -> None:
        self.importer = importer

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.func, ast.Name) or node.keywords:
            return node
        name = node.func.id
        if self.importer.is_late(name) and self.importer.is_function(name):
            where = ast.Constant(value=self.importer.where[name])
            found = ast.Constant(value=name, kind="name")  # it changes when names do
            loaded = ast.Call(ast.Name(id=self.importer.call, ctx=ast.Load()), [where], [])
            get = ast.Name(id="getattr", ctx=ast.Load())
            node.func = ast.Call(get, [loaded, found], [])
            self.importer.count += 1
        return node


def _blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return []
    fields = [getattr(node, name, None) for name in ("body", "orelse", "finalbody")]
    fields += [handler.body for handler in getattr(node, "handlers", [])]
    return [cast("list[ast.stmt]", part) for part in fields if part]


def _import(source: str, names: list[str], asname: str | None = None) -> ast.stmt:
    aliases = [ast.alias(name=name, asname=asname) for name in names]
    return ast.ImportFrom(module=source, names=aliases, level=0)

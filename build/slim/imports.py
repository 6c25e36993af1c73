"""The last step of the transformation: each bundle's definitions, and the imports they need."""

from __future__ import annotations

import ast
from typing import cast

from build.slim.model import Entity, Program, unknown
from build.slim.place import at_import, references


def modules(program: Program) -> int:
    """Fill `sources`; gives the imports between the files."""
    where = {item.name: bundle for bundle, found in program.bundles.items() for item in found}
    count = 0
    for bundle, entities in program.bundles.items():
        late = _late(program, bundle)
        importer = _Importer(program, where, bundle, late)
        body = [importer.statement(entity) for entity in entities]
        head = [*_externals(program, entities), *importer.head(entities)]
        count += len(importer.head(entities)) + importer.count
        tree = ast.Module(body=[*head, *body], type_ignores=[])
        program.sources[bundle] = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    return count


def _late(program: Program, bundle: str) -> set[str]:
    """The bundles that this one must not load at once."""
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
        self.count = 0

    def head(self, entities: list[Entity]) -> list[ast.stmt]:
        """Imports at the top, of what may be loaded with this."""
        wanted: dict[str, set[str]] = {}
        for entity in entities:
            for name in references(self.program, entity):
                source = self.where[name]
                if source != self.bundle and source not in self.late:
                    wanted.setdefault(source, set()).add(name)
        return [_import(source, sorted(wanted[source])) for source in sorted(wanted)]

    def statement(self, entity: Entity) -> ast.stmt:
        """The definition; what is in lazy bundles is imported where it is used."""
        if any(self.is_late(name) for name in references(self.program, entity)):
            for name in at_import(self.program, entity):
                if self.is_late(name):
                    raise unknown(entity.path, entity.node, "this needs %s at once" % name)
            for node in ast.walk(entity.node):
                if isinstance(node, ast.FunctionDef):
                    node.body = self.block(node.body)
        return entity.node

    def is_late(self, name: str) -> bool:
        """Whether this definition lies in a lazy bundle that is not this one."""
        return self.where.get(name, self.bundle) in self.late

    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """The same statements, each behind the imports that it needs."""
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
        """What the statement uses of lazy bundles, blocks within it left out."""
        inner = {id(item) for part in _blocks(node) for item in part}
        todo: list[ast.AST] = [node]
        found = set()
        while todo:
            part = todo.pop()
            if isinstance(part, ast.Name) and self.is_late(part.id):
                found.add(part.id)
            todo += [item for item in ast.iter_child_nodes(part) if id(item) not in inner]
        return found


def _blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return []
    fields = [getattr(node, name, None) for name in ("body", "orelse", "finalbody")]
    fields += [handler.body for handler in getattr(node, "handlers", [])]
    return [cast("list[ast.stmt]", part) for part in fields if part]


def _import(source: str, names: list[str], asname: str | None = None) -> ast.stmt:
    aliases = [ast.alias(name=name, asname=asname) for name in names]
    return ast.ImportFrom(module=source, names=aliases, level=0)

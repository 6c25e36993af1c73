"""The pass that decides which file each definition lies in.

The core stays loaded; a lazy bundle is one state's work, loaded when the state is entered. It has
its entry modules, and every definition that only it can reach. Definitions reached by several
bundles lie in the core; unreachable ones are left out.
"""

from __future__ import annotations

import ast

from build.slim.model import Entity, Program, SlimError, unique


def assign_bundles(program: Program) -> int:
    """Fill `bundles`; return the number of lazily loaded definitions."""
    uses = {name: references(program, entity) for name, entity in program.entities.items()}
    fixed = _fixed(program)
    reached: dict[str, set[str]] = {name: set() for name in program.entities}
    starts = {program.core: _entry(program)}
    for name, bundle in fixed.items():
        starts.setdefault(bundle, []).append(name)
    for bundle, names in starts.items():
        _reach(bundle, names, uses, fixed, reached)
    where = {name: _where(program, name, fixed, reached) for name in program.entities}
    watched = [name for name, entity in program.entities.items() if program.watching(entity)]
    for name in _closure(watched, uses):
        if not where[name]:
            where[name] = "watch_" + program.entities[name].module.rsplit(".", 1)[-1]
            if not program.watching(program.entities[name]):
                where[name] = "watch"
    names = sorted({bundle for bundle in where.values() if bundle})
    for bundle in names:
        program.bundles[bundle] = _ordered(
            program, [item for item in program.entities.values() if where[item.name] == bundle]
        )
    return sum(bundle in program.lazy for bundle in where.values())


def references(program: Program, entity: Entity) -> list[str]:
    """Return the definitions that this one uses, in order of use."""
    found = {
        node.id: None
        for node in ast.walk(entity.node)
        if isinstance(node, ast.Name) and node.id in program.entities
    }
    return [name for name in found if name != entity.name]


def at_import(program: Program, entity: Entity) -> list[str]:
    """Return the definitions that must exist before this one is executed."""
    todo: list[ast.AST] = [entity.node]
    found: dict[str, None] = {}
    while todo:
        node = todo.pop(0)
        if isinstance(node, ast.Name) and node.id in program.entities and node.id != entity.name:
            found[node.id] = None
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            todo += [*node.args.defaults, *[item for item in node.args.kw_defaults if item]]
            todo += node.decorator_list if isinstance(node, ast.FunctionDef) else []
        else:
            todo += ast.iter_child_nodes(node)
    return list(found)


def _fixed(program: Program) -> dict[str, str]:
    """Map the definitions in the entry modules of the lazy bundles to their bundles."""
    owner = {
        module: bundle
        for bundle, names in program.lazy.items()
        for module in names
        if ":" not in module
    }
    for module in owner:
        if module not in program.modules:
            raise SlimError("there is no module %s for the bundle %s" % (module, owner[module]))
    found = {
        name: owner[entity.module]
        for name, entity in program.entities.items()
        if entity.module in owner
    }
    named = {name: where for name, where in program.fixed.items() if name in program.entities}
    return {**found, **named}


def _entry(program: Program) -> list[str]:
    names = []
    for item in program.entry:
        module, _, name = item.partition(":")
        if name:
            names.append(unique(module, name))
        else:
            names += [
                entity.name for entity in program.entities.values() if entity.module == module
            ]
    for name in names:
        if name not in program.entities:
            raise SlimError("there is no %s to begin with" % name)
    return names


def _reach(
    bundle: str,
    names: list[str],
    uses: dict[str, list[str]],
    fixed: dict[str, str],
    reached: dict[str, set[str]],
) -> None:
    todo = list(names)
    while todo:
        name = todo.pop()
        if bundle in reached[name] or fixed.get(name, bundle) != bundle:
            continue
        reached[name].add(bundle)
        todo += uses[name]


def _where(program: Program, name: str, fixed: dict[str, str], reached: dict[str, set[str]]) -> str:
    if name in fixed:
        return fixed[name]
    found = reached[name]
    return next(iter(found)) if len(found) == 1 else program.core if found else ""


def _closure(names: list[str], uses: dict[str, list[str]]) -> list[str]:
    found: dict[str, None] = {}
    todo = list(names)
    while todo:
        name = todo.pop(0)
        if name not in found:
            found[name] = None
            todo += uses[name]
    return list(found)


def _ordered(program: Program, entities: list[Entity]) -> list[Entity]:
    """Sort definitions as in the source, but each behind those that it needs at import."""
    here = {entity.name for entity in entities}
    done: dict[str, None] = {}

    def add(entity: Entity, before: tuple[str, ...]) -> None:
        if entity.name in before:
            raise SlimError("%s: %s needs itself" % (entity.path, entity.name))
        for name in at_import(program, entity):
            if name in here and name not in done:
                add(program.entities[name], (*before, entity.name))
        done[entity.name] = None

    for entity in entities:
        if entity.name not in done:
            add(entity, ())
    return [program.entities[name] for name in done]

"""The pass that replaces `transitions` by the compact engine, with the lifecycle's table."""

from __future__ import annotations

import ast

from build.slim.model import Module, Program, SlimError, load, unknown

MACHINE = "domain.machine"
LIFECYCLE = "domain.lifecycle"

_API = {"__init__", "fire", "events"}

_COMPACT = "build.slim.compact_machine"


def engine(program: Program) -> int:
    """Replace the module that imports `transitions`; return the number of transitions."""
    if MACHINE not in program.modules:
        return 0
    module = program.modules[MACHINE]
    _known(module)
    # The lifecycle is our own source, and has no imports: its table is read by running it.
    scope: dict[str, object] = {}
    tree = program.modules[LIFECYCLE].tree
    exec(compile(tree, LIFECYCLE, "exec"), scope)  # noqa: S102
    table = scope["TABLE"]
    if not isinstance(table, tuple):
        raise SlimError("%s: TABLE is no tuple" % program.modules[LIFECYCLE].path)
    states = tuple(dict.fromkeys(state for state, _, _ in table))
    events = tuple(dict.fromkeys(event for _, event, _ in table))
    width = len(events)
    if len(states) * width > 256:
        raise SlimError("%s: a pair no longer fits into a byte" % module.path)
    values: dict[str, object] = {
        "_STATES": states,
        "_EVENTS": events,
        "_WIDTH": width,
        "_FROM": bytes(states.index(a) * width + events.index(b) for a, b, _ in table),
        "_TO": bytes(states.index(c) for _, _, c in table),
    }
    module.tree = _compact(values)
    _in_order(program.modules[LIFECYCLE], events)
    return len(table)


def _compact(values: dict[str, object]) -> ast.Module:
    """Return the compact engine under the name of the class in its place, with the values."""
    tree = load([_COMPACT])[_COMPACT].tree
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            node.value = ast.parse(repr(values.pop(name)), mode="eval").body
        elif isinstance(node, ast.ClassDef):
            node.name = "Machine"
    return tree


def _in_order(module: Module, events: tuple[str, ...]) -> None:
    """Write EVENTS out: it is made by way of a dict, which has no order on a device."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EVENTS":
            node.value = ast.parse(repr(events), mode="eval").body


def _known(module: Module) -> None:
    """Check that the module has only the class and the methods that the engine replaces."""
    classes = [item for item in module.tree.body if isinstance(item, ast.ClassDef)]
    if [item.name for item in classes] != ["Machine"]:
        raise unknown(module.path, module.tree, "here is one class, Machine")
    methods = {item.name for item in classes[0].body if isinstance(item, ast.FunctionDef)}
    if methods != _API:
        raise unknown(module.path, classes[0], "Machine has %s" % ", ".join(sorted(_API)))
    if not any(
        isinstance(item, ast.ImportFrom) and item.module == "transitions"
        for item in module.tree.body
    ):
        raise unknown(module.path, module.tree, "this does not use transitions any more")

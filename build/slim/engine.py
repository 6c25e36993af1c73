"""The pass that replaces `transitions` by an engine on a compact table.

A pair of state and event is one byte: the number of the state times the number of events, plus the
number of the event; the next state is the byte at the same place in a second string. The names are
shared with the rest of the program, so that the whole table costs two short strings and two tuples.
"""

from __future__ import annotations

import ast

from build.slim.model import Module, Program, SlimError, unknown

MACHINE = "domain.machine"
LIFECYCLE = "domain.lifecycle"

_API = {"__init__", "fire", "events"}

_ENGINE = """
from domain.errors import IllegalEvent

_STATES = {states!r}
_EVENTS = {events!r}
_FROM = {pairs!r}
_TO = {following!r}

class Machine:
    def __init__(self):
        self.state = {initial!r}

    def fire(self, event):
        at = -1
        if event in _EVENTS:
            pair = _STATES.index(self.state) * {width} + _EVENTS.index(event)
            at = _FROM.find(bytes((pair,)))
        if at < 0:
            raise IllegalEvent(self.state, event)
        self.state = _STATES[_TO[at]]
        return self.state

    def events(self):
        state = _STATES.index(self.state)
        return [_EVENTS[pair % {width}] for pair in _FROM if pair // {width} == state]
"""


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
    initial = scope["BOOT"]
    if not isinstance(table, tuple) or not isinstance(initial, str):
        raise SlimError("%s: TABLE is no tuple" % program.modules[LIFECYCLE].path)
    states = tuple(dict.fromkeys(state for state, _, _ in table))
    events = tuple(dict.fromkeys(event for _, event, _ in table))
    width = len(events)
    if len(states) * width > 256:
        raise SlimError("%s: a pair no longer fits into a byte" % module.path)
    source = _ENGINE.format(
        states=states,
        events=events,
        pairs=bytes(states.index(a) * width + events.index(b) for a, b, _ in table),
        following=bytes(states.index(c) for _, _, c in table),
        initial=initial,
        width=width,
    )
    module.tree = ast.parse(source)
    _in_order(program.modules[LIFECYCLE], events)
    return len(table)


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

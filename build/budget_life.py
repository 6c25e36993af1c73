"""The programs that the budget measures: imports alone, and a scripted life."""

from __future__ import annotations

import ast

from build.slim import emit, probe
from build.slim.boards import Board
from build.slim.model import Program
from build.slim.passes import program_of, transform

SCENARIOS = "tests.conformance.scenarios"

_IMPORTS = "for name in %r:\n    __import__(name)\nprint('done')\n"

# All goes well, then a session is lost and an app is updated.
_LIFE = """from watch_life import %(run)s as run

def quiet(line):
    pass

run(quiet, [["", 30, ()], ["%(script)s", 120, (60,)]])
print('done')
"""
_SCRIPT = "9" * 40 + "93391899" * 20 + "0199" * 10 + "9" * 100


def imports(modules: tuple[str, ...]) -> str:
    """A program that imports the modules."""
    return _IMPORTS % (modules,)


def smallest(board: Board) -> int:
    """The smallest heap (words) for a life on scripted ports, which lie in it too."""
    program = program_of(board, (SCENARIOS,))
    transform(program)
    used = {"watch_life", "watch_board", "watch_shown", "watch"}
    sources = {
        name: text
        for name, text in program.sources.items()
        if not name.startswith("watch") or name in used
    }
    names = {"run": "%s_life__run" % SCENARIOS.replace(".", "_"), "script": _SCRIPT}
    return probe.smallest(emit.files(sources, ""), _LIFE % names)


def texts(program: Program) -> dict[str, str]:
    """What became of each source file, as a module of its own."""
    found: dict[str, list[ast.stmt]] = {}
    for entities in program.bundles.values():
        for entity in entities:
            found.setdefault(entity.path, []).append(entity.node)
    return {
        path.replace("/", "_")[:-3]: ast.unparse(
            ast.fix_missing_locations(ast.Module(body=body, type_ignores=[]))
        )
        + "\n"
        for path, body in found.items()
    }

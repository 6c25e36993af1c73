"""The OS of a board with measuring code: it reports its depth on the C stack.

Each function measures at its beginning, and reports a depth that exceeds any before it in the same
step. The file system's own use below a file's read or write shows where it calls the block device
(`app/simulator/board/common/_flash.py`), which is Python on a board too. During an import, the path
takes 4096 bytes of the unix port's stack, and 128 of a board's: the difference is deducted.
"""

from __future__ import annotations

import ast

from build.firmware import mpy
from build.firmware.model import BoardRelease
from build.firmware.release import NEWEST, START
from build.slim import emit
from build.slim.boards import BOARDS, CORE
from build.slim.model import Entity, Program
from build.slim.passes import build, program_of

STEP = "__Runner.step"

_PATH = 4096 - 128

# Overwriting a secret is deep by intention, and tolerates a failure. The watchdog's timer comes at
# any depth: its cost is added to all.
_WITHOUT = ("___overwrite", "Hardware._tick")

# Modules not used in this life. Some are loaded all the same, and do not report their depth; the
# debug shell and signed apps would not fit into the slot.
_IDLE = ("pt_portal", "pt_order", "pt_recover")
_LEFT_OUT = (
    *("pt_shell", "pt_command", "pt_login", "pt_look", "pt_drive", "pt_keep"),
    *("pt_tap", "pt_remote", "pt_signed"),
)

# `deep`: [0] the deepest of this step, [1] bytes not counted now, [2] bytes of `say` itself, [3]
# bytes not counted outside of imports. The unix port has 688 bytes in use when it runs a file. A
# timer's callback runs where the interpreter jumps: all stack between that place and the callback
# is its cost.
_MAIN = """\
from micropython import schedule, stack_use
import _sim
import builtins
def say(name):
    here = stack_use() - deep[2] - deep[1]
    if here > deep[0]:
        deep[0] = here
        print('{"event":"depth","bytes":%d,"at":"%s"}' % (here, name))
def path(more):
    deep[1] += more
class Timer:
    def tick(self, before):
        print('{"event":"timer","bytes":%d}' % (stack_use() - before))
deep = [0, stack_use() - 688, 0, stack_use() - 688]
_sim.say = say
builtins._d_, builtins._s_, builtins._p_ = deep, say, path
deep[2] = (lambda: stack_use())() - stack_use()
schedule(Timer().tick, stack_use())
for _ in range(2):
    pass
_sim.deep = deep
"""
_LOOK = "_s_(%r)"  # as short as possible: the slot has little room left
_RESET = "_d_[0] = 0\n_d_[1] = _d_[3]\n"
_IMPORT = "(_p_(%d), 0, _p_(%d))[1]" % (_PATH, -_PATH)


def watched(name: str) -> tuple[BoardRelease, dict[str, str]]:
    """Return the OS that reports its depth, and the function that each reported number names."""
    program = build(BOARDS[name])
    trees = [module.tree for module in program_of(BOARDS[name]).modules.values()]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    methods = {(node.name, getattr(item, "name", "")) for node in nodes for item in node.body}
    known: dict[str, str] = {}
    sources = {}
    for module, text in program.sources.items():
        if module in START:
            sources[module] = _MAIN + imports_told(text)
        elif module in _IDLE:
            sources[module] = imports_told(text)
        elif module not in _LEFT_OUT:
            sources[module] = _looking(program, module, text, known, methods)
    modules = {module: text for module, text in sources.items() if module not in START}
    files = emit.files(modules, BOARDS[name].arch, mpy.compiler(NEWEST))
    start = {at + ".py": sources[at].encode() for at in START if at in sources}
    return BoardRelease(files, start, sources), known


def _looking(
    program: Program, module: str, source: str, known: dict[str, str], methods: set[tuple[str, str]]
) -> str:
    """Return the source with a measurement at the beginning of each function."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for item in body if isinstance(body, list) else []:
            if isinstance(item, ast.FunctionDef):
                kind = node.name if isinstance(node, ast.ClassDef) else ""
                at = len(known)  # a name would take room that the slot lacks
                known[str(at)] = long = _named(program, module, kind, item.name, methods)
                if not long.endswith(_WITHOUT):
                    reset = _RESET if long.endswith(STEP) else ""
                    item.body[:0] = ast.parse(reset + _LOOK % at).body
    whole = ast.fix_missing_locations(_Imports().visit(tree))
    return "%s\n%s\n" % (_LOOK % ("import " + module), ast.unparse(whole))


class _Imports(ast.NodeTransformer):
    """Marks of the begin and the end of each import, its search for a file included."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Mark a call of `__import__`, an expression."""
        self.generic_visit(node)
        if not (isinstance(node.func, ast.Name) and node.func.id == "__import__"):
            return node
        told = ast.parse(_IMPORT, mode="eval").body
        assert isinstance(told, ast.Subscript) and isinstance(told.value, ast.Tuple)
        told.value.elts[1] = node
        return told

    def visit_Import(self, node: ast.Import) -> list[ast.stmt]:
        """Mark an `import` statement."""
        return _told(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.stmt]:
        """Mark a `from ... import` statement."""
        return _told(node)


def _told(node: ast.stmt) -> list[ast.stmt]:
    before, after = ast.parse("_p_(%d)\n_p_(%d)" % (_PATH, -_PATH)).body
    return [before, node, after]


def imports_told(source: str) -> str:
    """Return the code with imports that count for no more than on a board."""
    return ast.unparse(ast.fix_missing_locations(_Imports().visit(ast.parse(source))))


def _named(
    program: Program, module: str, kind: str, name: str, methods: set[tuple[str, str]]
) -> str:
    """Return the name that a function of the generated code has in the source."""
    here: list[Entity] = [*program.bundles.get(module, ()), *program.bundles[CORE]]
    tops: dict[str, str] = {
        program.renamed.get(item.name, item.name): item.name for item in reversed(here)
    }
    if not kind:
        return tops.get(name, name)
    kind = tops.get(kind, kind)
    own = {method for owner, method in methods if kind.endswith("__" + owner)}
    for long, short in program.renamed.items():  # a short name may serve several classes
        owner, _, method = long.rpartition(".")
        if short == name and method in own and owner in ("", kind):
            return "%s.%s" % (kind, method)
    return "%s.%s" % (kind, name)

"""Ways in which an app disturbs the OS that it lives in, and a small OS that notices; both run on a
real MicroPython."""

from __future__ import annotations

# The code in `worker_task.py`: at its import, and in `call`; and the other files.
Way = tuple[str, str, dict[str, str]]

_HELPERS = {"json.py": "mine = 1\n", "socket.py": "mine = 1\n"}

WAYS: dict[str, Way] = {
    "a helper json.py and socket.py": ("import json, socket", "return json.mine", _HELPERS),
    "a helper that only a call imports": ("", "import json; return json.mine", _HELPERS),
    "a helper that is asked": ("import json", "return {'own': hasattr(json, 'mine')}", _HELPERS),
    "a folder named json": ("import json", "return json.mine", {"json/__init__.py": "mine = 1\n"}),
    "a helper named as a file of the OS": (
        "import lazy",
        "return lazy.mine",
        {"lazy.py": "mine=1"},
    ),
    "a helper named as what the OS has loaded": (
        "import held",
        "return held.mine",
        {"held.py": "mine = 1\n"},
    ),
    "chdir into its folder": ("import os", "os.chdir(FOLDER)", _HELPERS),
    "chdir to a folder that is removed": (
        "import os",
        "os.mkdir('x'); os.chdir('x'); os.rmdir('../x')",
        {},
    ),
    "sys.path emptied": ("import sys", "sys.path.clear()", {}),
    "sys.path set to another": ("import sys", "sys.path = [FOLDER]", _HELPERS),
    "sys.path of no list": ("import sys", "sys.path = None", {}),
    "sys.path at import": ("import sys\nsys.path.insert(0, FOLDER)", "return 1", _HELPERS),
    "sys.modules emptied": ("import sys", "sys.modules.clear()", {}),
    "a module of the OS replaced": ("import sys", "sys.modules['held'] = 5", {}),
    "json replaced": ("import sys", "sys.modules['json'] = 5", {}),
    "json replaced at import, which then fails": (
        "import sys\nsys.modules['json'] = 5\nraise ValueError('oh')",
        "return 1",
        {},
    ),
    "gc.disable": ("import gc", "gc.disable()", {}),
    "print without end": ("", "for n in range(2000): print('x' * 60)", {}),
    "print replaced": ("", "global print; print = None", {}),
    "recursion": ("", "return self.call()", {}),
    "recursion at import": ("def f(): f()\nf()", "return 1", {}),
    "a list that grows": ("kept = []", "while True: kept.append(bytearray(9999))", {}),
    "sys.exit": ("import sys", "sys.exit(3)", {}),
    "sys.exit at import": ("import sys\nsys.exit(3)", "return 1", {}),
    "KeyboardInterrupt": ("", "raise KeyboardInterrupt", {}),
    "an error whose text raises": (
        "class Odd(Exception):\n    def __str__(self): raise self",
        "raise Odd()",
        {},
    ),
    "what it returns holds itself": ("", "a = []; a.append(a); return a", {}),
    "a builtin replaced": ("import builtins", "builtins.open = None", {}),
    "attributes of builtin modules": ("import json", "json.loads = None", {}),
    "a file in the folder of the OS": (
        "import os",
        "open('json.py', 'w').write('mine = 1'); os.rename('json.py', FOLDER + '/json.py')",
        {},
    ),
}

# `worker_task.py` and the OS: modules that it imports late are found, and are its own.
WORKER = """\
FOLDER = %r
%s

class WorkerTask:
    def call(self):
        %s
"""

LAZY = "import json, socket\nreal = json.loads('1') == 1 and bool(socket.getaddrinfo)\n"

DRIVER = """\
import sys
sys.path.insert(0, %(os)r)
import gc, os, held
from adapters.micropython.apphost import InProcessAppHost
from domain.errors import AppError

class Console:
    def event(self, *told): pass

if %(old)r:
    from adapters.micropython import apploader

    def enter(host):
        path = host.root + "/" + host.folder
        if path not in sys.path:
            sys.path.insert(0, path)
        return ()

    def unload(host):
        host.tasks.clear()
        host.names.clear()
        for path in [path for path in sys.path if path.startswith(host.root + "/app.")]:
            sys.path.remove(path)
            for name in os.listdir(path):
                sys.modules.pop(name.split(".")[0], None)

    InProcessAppHost.enter, InProcessAppHost.leave = enter, lambda host, before: None
    apploader.unload = unload

def works(path=sys.path[:], own=sys.path, folder=os.getcwd()):
    import lazy
    for name in ("lazy", "json", "socket"):
        sys.modules.pop(name, None)
    with open(%(root)r + "/journal", "w") as file:
        file.write("1")
    if not (lazy.real and held.value == 1 and sys.modules["held"] is held):
        raise ValueError("not the OS's own")
    if not gc.isenabled():
        raise ValueError("nobody collects")
    if %(old)r:
        return
    if not (sys.path is own and own == path and os.getcwd() == folder):
        raise ValueError("not put right: %%s %%s" %% (sys.path, os.getcwd()))

works()
host = InProcessAppHost(%(root)r, Console())
told = []
for task in ("load", "worker", "worker", "management"):
    try:
        if task == "load":
            host.load("app.a")
        else:
            told.append(host.call(task, "hello", 1))
    except AppError as error:
        told.append("%%s: %%s" %% (error.code, error.text))
        host.folder or host.load("app.a")
    works()
told.append(host.execute("import management_task; print(management_task.mine)", 1))
works()
host.load("app.b")
told.append(host.call("worker", None, 1))
works()
print("TOLD", told)
print("LAST", told[-1])
"""

MANAGEMENT = """\
mine = "a command reaches it"

class ManagementTask:
    def call(self, data):
        return data
"""

BEFORE = "class WorkerTask:\n    def call(self):\n        return 'the one before'\n"

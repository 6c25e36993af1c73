# Untyped: the fakes implement no port completely. Running them checks their results.
# mypy: no-check-untyped-defs
"""Ports for scripted lives: small, without a clock or a world of their own.

Events are read from a script, a text of digits: each question to the world takes the next digit,
and most digits mean success.
"""

from __future__ import annotations

import io

from domain.errors import AppError, CloudError, DeviceError, LinkError
from tests.conformance.scenarios.shown import show


class World:
    """The script, the time, and the state of the outside; a restart keeps all of it."""

    def __init__(self, script, out):
        self.script = script
        self.position = 0
        self.millis = 1000
        self.known_epoch = None
        self.stored = {}
        self.restarted = False
        self.registered = False
        self.salt = ""
        self.identified = False
        self.wire_settings = {"management_interval": "20", "worker_interval": "7"}
        self.message_number = 0
        self.out = out

    def luck(self):
        """Return the next digit, or 9 for success after the end of the script."""
        self.position += 1
        if self.position > len(self.script):
            return 9
        return ord(self.script[self.position - 1]) - 48

    def note(self, name, *values):
        """Write a line of the trace."""
        self.out(name + " " + " ".join([show(value) for value in values]))


class ScriptedClock:
    def __init__(self, world):
        self.world = world

    def monotonic(self):
        return self.world.millis

    def epoch(self):
        known = self.world.known_epoch
        return known if known is None else known + self.world.millis // 1000

    def set_epoch(self, seconds):
        self.world.known_epoch = seconds - self.world.millis // 1000

    def sleep(self, ms):
        self.world.note("sleep", ms)
        self.world.millis += max(1, ms)


class ScriptedFile:
    def __init__(self, storage, name):
        self.storage = storage
        self.name = name
        self.data = b""

    def __enter__(self):
        return self

    def write(self, data):
        self.data += bytes(data)

    def __exit__(self, kind, *_error):
        if kind is None:
            self.storage.files[self.name] = self.data
            self.storage.world.note("receive", self.name, self.data)


class ScriptedStorage:
    def __init__(self, world):
        self.world = world
        self.files = world.stored

    def _trouble(self):
        luck = self.world.luck()
        if luck == 0 and self.world.luck() < 3:
            raise DeviceError("disk_full", "the disk is full")
        if luck == 1 and self.world.luck() < 3:
            raise DeviceError("storage", "the storage does not work")

    def mount(self):
        return self.names()

    def read(self, name, limit=65536):
        self._trouble()
        found = self.files.get(name)
        if found is not None and len(found) > limit:
            raise DeviceError("storage", "too long")
        return found

    def source(self, name, _packed=False):
        return io.BytesIO(self.read(name) or b"")

    def replace(self, name, data):
        self.world.note("replace", name)
        self._trouble()
        self.files[name] = bytes(data)

    def receive(self, name):
        self._trouble()
        return ScriptedFile(self, name)

    def append(self, name, data):
        self.world.note("append", name)
        luck = self.world.luck()
        before = self.files.get(name, b"")
        if luck == 0:
            self.files[name] = before + data[: len(data) // 2]
            raise DeviceError("disk_full", "the disk is full")
        self.files[name] = before + data

    def remove(self, name):
        self._trouble()
        for found in sorted(self.files):
            if found == name or found.startswith(name + "/"):
                self.world.note("remove", found)
                del self.files[found]

    def names(self, folder=""):
        self._trouble()
        head = folder + "/" if folder else ""
        found = [name[len(head) :] for name in self.files if name.startswith(head)]
        return sorted({name.split("/")[0] for name in found})

    def free(self):
        return 100000


class ScriptedLink:
    def __init__(self, world, kind):
        self.world = world
        self.kind_name = kind

    def up(self, host):
        self.world.note("up", self.kind_name, host)
        if self.world.luck() < 4:
            raise LinkError("no_link", "no network in reach")

    def down(self):
        self.world.note("down", self.kind_name)

    def status(self):
        return {"kind": self.kind_name}

    def scan(self):
        return []


class ScriptedCloud:
    def __init__(self, world):
        self.world = world

    def _trouble(self):
        luck = self.world.luck()
        if luck == 0:
            raise LinkError("cut", "the connection was cut")
        if luck == 1:
            code = ("trouble", "session", "wrong", "refused", "unacceptable", "identity")
            code = code[self.world.luck() % 6]
            raise CloudError(code, "the cloud answers with " + code)

    def use(self, backend, ssl):
        self.world.note("use", backend, ssl)

    def forget(self):
        self.world.note("forget")
        self.world.registered = self.world.identified = False
        self.world.salt = ""

    def in_session(self):
        return self.world.registered

    def register(self, identity, encrypted, modulus):
        self.world.note("register", identity, encrypted, modulus)
        self._trouble()
        if self.world.luck() == 0:  # a case of its own, or too few lives would see it with any seed
            raise CloudError("refused", "the cloud does not know the App id")
        self.world.registered = True
        self.world.salt = ("", "", "salt-a", "salt-b")[self.world.luck() % 4]
        return 1700000000

    def strong(self):
        return False

    def salt(self):
        return self.world.salt

    def identify(self, key, known):
        self.world.note("identify", key, known)
        self.world.identified = True

    def management(self):
        self.world.note("management")
        self._trouble()
        if self.world.identified:
            self.world.salt, self.world.identified = "", False
        luck = self.world.luck()
        settings = self.world.wire_settings
        if luck == 2:
            settings["worker_interval"] = str(self.world.luck() * 5)
        elif luck == 3:
            settings["app_version"] = "v%d" % self.world.luck()
        elif luck == 4:
            key = ("backend", "payload_encryption", "ssl", "pool", "nonsense")
            key = key[self.world.luck() % 5]
            settings[key] = ("other.example.org", True, False, 7, "")[self.world.luck() % 5]
        elif luck in (5, 6):
            self.world.message_number += 1
            kind = "CMD" if luck == 5 else "MSG"
            return settings, ("m%d" % self.world.message_number, kind, "print(1)")
        return settings, None

    def reply(self, mid, content):
        self.world.note("reply", mid, content)
        self._trouble()

    def reading(self, message, epoch):
        self.world.note("reading", message, epoch)
        self._trouble()

    def report(self, what, status, text):
        self.world.note("report", what, status, text)
        self._trouble()

    def app_files(self, version):
        self.world.note("app_files", version)
        self._trouble()
        names = (["worker_task.py", "management_task.py"], ["a.py"], [], ["../etc/passwd"], [".x"])
        return names[max(0, 4 - self.world.luck())]

    def app_file(self, version, name):
        self._trouble()
        self.pieces = [b"one ", b"two"]
        return self

    def readinto(self, buffer):
        self._trouble()
        piece = self.pieces.pop(0) if self.pieces else b""
        buffer[: len(piece)] = piece
        return len(piece)


class ScriptedCrypto:
    def __init__(self, world):
        self.world = world

    def random(self, size):
        return bytes([self.world.luck() * 25 for _ in range(size)])

    def hmac_sha256(self, key, data):
        return bytes([key[at] ^ data[at % len(data)] for at in range(32)])


class ScriptedSystem:
    def __init__(self, world, cause):
        self.world = world
        self.cause_name = cause

    def identity(self):
        return "thing-" + "0" * 40

    def platform(self):
        return "scripted"

    def reset_cause(self):
        return self.cause_name

    def restart(self):
        self.world.note("restart")
        self.world.restarted = True

    def feed(self, ms=0):
        pass

    def memory(self):
        return 1000, 2000


class ScriptedApps:
    def __init__(self, world):
        self.world = world

    def load(self, folder):
        self.world.note("load", folder)
        if self.world.luck() == 0:
            raise AppError("import", "SyntaxError: it does not load")

    def unload(self):
        self.world.note("unload")

    def call(self, task, data, limit_ms):
        self.world.note("call", task, data, limit_ms)
        self.world.millis += 10
        luck = self.world.luck()
        if luck < 4:
            code = ("hung", "died", "raised", "no_task")[luck]
            raise AppError(code, "the app " + code)
        return ({"temperature": luck}, None, "text", "x" * 600, {}, {"a": [1, "b"]})[luck - 4]

    def execute(self, source, limit_ms):
        self.world.note("execute", source, limit_ms)
        if self.world.luck() == 0:
            raise AppError("hung", "the command hung")
        return "1\n"


class ScriptedPortal:
    def __init__(self, world):
        self.world = world

    def offered(self):
        return self.world.luck() < 6

    def asked(self):
        return self.world.luck() < 3

    def open(self, tid):
        self.world.note("portal", tid)
        if self.world.luck() == 0:
            raise DeviceError("portal", "no access point")

    def poll(self, limit_ms):
        self.world.millis += limit_ms * 30
        luck = self.world.luck()
        return luck < 4, luck == 0

    def close(self):
        self.world.note("portal closed")


class ScriptedIndicator:
    def __init__(self, world):
        self.world = world

    def show(self, state):
        self.world.note("indicator", state)


class ScriptedConsole:
    def __init__(self, world):
        self.world = world

    def event(self, level, name, fields):
        self.world.note("event", level, name, fields)

    def line(self):
        return None

# Untyped, because no fake implements a whole port. Running them checks their results.
# mypy: no-check-untyped-defs
"""A Thing that is offered a release or an app; prints the files in slots, one line a case."""

from __future__ import annotations

import binascii
import io
import json

from adapters.micropython.crypto import DeviceCrypto
from domain.errors import CloudError, DeviceError
from domain.settings.parameters import Parameters
from domain.settings.settings import Settings
from domain.states.update import Update
from domain.thing import Thing


class File:
    def __init__(self, files, name):
        self.files = files
        self.name = name
        self.data = b""

    def __enter__(self):
        return self

    def write(self, data):
        self.data += bytes(data)

    def __exit__(self, kind, *_error):
        if kind is None:
            self.files.replace(self.name, self.data)


class Files:
    """A storage that records every complete file ever put into a slot."""

    def __init__(self, files):
        self.files = files
        self.put = []

    def read(self, name, limit=65536):
        found = self.files.get(name)
        if found is not None and len(found) > limit:
            raise DeviceError("storage", "too long")
        return found

    def source(self, name, _packed=False):
        found = self.read(name)
        if found is None:
            raise DeviceError("storage", "there is none")
        return io.BytesIO(found)

    def part(self, name, at, size):
        found = self.read(name)
        if found is None:
            raise DeviceError("storage", "there is none")
        return found[at : at + size]

    def replace(self, name, data):
        self.files[name] = bytes(data)
        if name[:3] == "os." and name[:6] != "os.new" or name[:4] == "app.":
            self.put.append([name, shown(data)])

    def receive(self, name):
        return File(self, name)

    def remove(self, name):
        for found in list(self.files):
            if found == name or found.startswith(name + "/"):
                del self.files[found]

    def names(self, folder=""):
        head = folder + "/" if folder else ""
        found = [name[len(head) :] for name in self.files if name.startswith(head)]
        return sorted({name.split("/")[0] for name in found})

    def free(self):
        return 1000000


class Cloud:
    """A cloud that serves one folder for every version."""

    def __init__(self, folder):
        self.folder = folder

    def os_file(self, _version, _platform, name):
        data = self.folder.get(name)
        if data is None:
            raise CloudError("not_found", "there is no file " + name)
        return io.BytesIO(data)

    def app_files(self, _version):
        return sorted(self.folder)

    def app_file(self, version, name):
        return self.os_file(version, "", name)

    def forget(self):
        pass


class System:
    def platform(self):
        return "Fake"

    def abi(self):
        return "mpy6"

    def seal(self, folder):
        pass

    def restart(self):
        pass


class Apps:
    def unload(self):
        pass


class Clock:
    def monotonic(self):
        return 1000

    def epoch(self):
        return 1900000000


class Console:
    def __init__(self):
        self.told = ""

    def event(self, _level, name, fields):
        if name == "update_failed":
            self.told = fields["text"]


def shown(data):
    """Return the data as hex, because JSON has no bytes."""
    return binascii.hexlify(data).decode()


def raw(text):
    """Return the bytes of a text that has one character for each byte."""
    return bytes([ord(char) for char in text])


def run(out, cases):
    """Run each case {"trust", "had", "served", "os", "app"}: files, and versions requested."""
    for case in cases:
        files = {name: raw(case["had"][name]) for name in case["had"]}
        files["trust"] = raw(case["trust"])
        storage, console = Files(files), Console()
        cloud = Cloud({name: raw(case["served"][name]) for name in case["served"]})
        thing = Thing(
            Clock(),
            storage,
            [],
            cloud,
            DeviceCrypto(),
            System(),
            Apps(),
            None,
            None,
            console,
            "2.0.0",
            "",
            {},
        )
        thing.parameters = Parameters(aid="app-1", tid="T", apps="signed")
        thing.wanted = Settings(pythings_version=case["os"], app_version=case["app"])
        thing.settings = thing.wanted
        event = Update(thing).act()
        out(json.dumps([event, storage.put, console.told]))

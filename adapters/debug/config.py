"""The debug shell's commands on parameters, files, networks, the modem. No secrets."""

from __future__ import annotations

import binascii
import hashlib
import json
from typing import TYPE_CHECKING, Any

from adapters.debug.login import BOARD_FILE
from domain import record
from domain.checksum import of
from domain.errors import DeviceError
from domain.security import secret
from domain.settings import networks, parameters

if TYPE_CHECKING:
    from adapters.debug.shell import Shell

SECRET = ("setup_password", "apn_password", "sim_pin")  # files
PARTS = "shell.part"  # the folder for the pieces of a file until it is whole
PART = 1024  # bytes, and one piece at most
PIECE = 120  # bytes of a file in one line
MAX_FILE = 65536
HIDDEN = "***"


def keep(shell: Shell, words: list[str]) -> Any:
    """Execute a command on parameters, files, networks or the modem; return JSON."""
    name, storage = words[0], shell.thing.storage
    if name == "params":
        return {name: _shown(shell, name) for name in parameters.NAMES}
    if name == "get":
        return _shown(shell, _parameter(words[1]))
    if name == "set":
        return _set(shell, _parameter(words[1]), words[2])
    if name == "ls":
        return storage.names(words[1] if len(words) > 1 else "")
    if name == "cat":
        return _cat(shell, words[1])
    if name == "put":
        return _put(shell, words)
    if name == "rm":
        if storage.read(words[1]) is None:
            raise DeviceError("no_file", "there is no file %s" % words[1])
        storage.remove(words[1])
        return None
    if name == "modem":
        return _modem(shell, " ".join(words[1:]))
    return _net(shell, words)


def masked(name: str, content: bytes) -> bytes:
    """Return the content of a file with its secrets masked."""
    if name in SECRET and content:
        return HIDDEN.encode()
    if name == networks.WIFI:
        return networks.hidden(content)
    if name[:-1] == secret.NAME + ".":
        number, value = record.decode(content)
        # Still a record: a replay of the recording has to read one.
        return record.encode(number, [""] + value[1:] if number else "")
    if name == BOARD_FILE and b":" in content:
        try:
            value = json.loads(content)
            if ":" in value["shell"]:
                value["shell"] = HIDDEN
                return json.dumps(value).encode()
        except (ValueError, KeyError, TypeError):
            pass
    return content


def _parameter(name: str) -> str:
    if name not in parameters.NAMES:
        raise ValueError("there is no parameter %s, but %s" % (name, ", ".join(parameters.NAMES)))
    return name


def _shown(shell: Shell, name: str) -> Any:
    value = getattr(shell.thing.parameters, name)
    if name == networks.WIFI:
        value = networks.hidden(value.encode()).decode()
    return value


def _set(shell: Shell, name: str, value: str) -> Any:
    """Write a valid value to its file, refuse an invalid one; remove the file for an empty one."""
    thing = shell.thing
    if value:
        problems = parameters.load(thing.storage, {name: value})[1]
        wrong = [text for text in problems if text.startswith("parameter %s " % name)]
        if name == networks.WIFI and not networks.read(value.encode()):
            wrong = ["there is no network in it"]
        if wrong:
            raise ValueError(wrong[0])
        thing.storage.replace(name, value.encode())
    else:
        thing.storage.remove(name)
    thing.load_parameters()
    return {"value": _shown(shell, name), "given": name in thing.given}


def _cat(shell: Shell, name: str) -> Any:
    """Send the content of a file as items: pieces in base64."""
    content = shell.thing.storage.read(name, MAX_FILE)
    if content is None:
        raise DeviceError("no_file", "there is no file %s" % name)
    content = masked(name, content)
    for at in range(0, len(content), PIECE):
        shell.item(binascii.b2a_base64(content[at : at + PIECE]).decode().strip())
    return {"size": len(content)}


def _put(shell: Shell, words: list[str]) -> Any:
    """Store a file: `put NAME OFFSET BASE64` for each piece in turn, then `put NAME = CHECKSUM`.

    All or nothing. The pieces wait in small files, so that no more than one of those is in memory
    at once.
    """
    name, storage = words[1], shell.thing.storage
    if words[2] == "=":
        return _put_together(shell, name, words[3])
    at, piece = int(words[2]), binascii.a2b_base64(words[3].encode())
    if at == 0:
        storage.remove(PARTS)
        shell.partial = (name, 0)
    if shell.partial != (name, at):
        raise DeviceError("order", "this is not the next piece of %s - put it again" % name)
    storage.append("%s/%d" % (PARTS, at // PART), piece)
    shell.partial = (name, at + len(piece))
    return None


def _put_together(shell: Shell, name: str, wanted: str) -> Any:
    storage, (begun, size), shell.partial = shell.thing.storage, shell.partial, ("", 0)

    hasher = hashlib.sha256()
    try:
        with storage.receive(name) as file:
            for number in range((size - 1) // PART + 1):
                data = storage.read("%s/%d" % (PARTS, number), 2 * PART) or b""
                hasher.update(data)
                file.write(data)
            if begun != name or of(hasher) != wanted:
                raise DeviceError("damaged", "%s did not arrive whole - put it again" % name)
    finally:
        storage.remove(PARTS)
    return {"size": size}


def _modem(shell: Shell, command: str) -> Any:
    """Execute `modem AT...`; its items are the lines that the modem answers."""
    links: list[Any] = shell.thing.links
    for link in links:
        if link.status()["kind"] == "cellular":
            for line in link.dialogue(command):
                shell.item(line)
            return None
    raise DeviceError("no_modem", "this Thing has no modem - docs/boards.md says which boards do")


def _net(shell: Shell, words: list[str]) -> Any:
    """Execute `net scan`, or `net join NAME [PASSWORD]`, which takes effect at the next connect."""
    if words[1] == "scan":
        for link in shell.thing.links:
            for network in link.scan():
                shell.item(network)
        return None
    if words[1] != "join":
        raise ValueError("say: net scan, or: net join NAME [PASSWORD]")
    names = networks.add(shell.thing.storage, words[2], words[3] if len(words) > 3 else "")
    shell.thing.load_parameters()
    return names

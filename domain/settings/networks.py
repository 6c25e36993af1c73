"""The Wi-Fi networks that a Thing knows: the file `wifi`, one JSON object a line.

`name`, up to 32 bytes; `password`, "" for an open network; `priority`, the highest is tried first;
`hidden`: it does not broadcast its name; `last`, a number that grows with each success anywhere;
`trial`: it has yet to prove itself. Names and passwords are taken to the byte, blanks and all.

A file that begins with no such object has the older format: lines of name and password in turn,
without blanks at their ends. It is read, and stays: the previous OS, to which a rollback may
return, reads no other.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from ports.storage import Storage

    Network = dict[str, Any]

WIFI = "wifi"
KEPT = 8  # networks
MAX_FILE = 4096
_HEX = "0123456789abcdefABCDEF"


def problem(name: str, password: str) -> str:
    """Return why no radio takes these (IEEE 802.11-2020 9.4.2.2, J.4.1), or ""."""
    size = len(name.encode())
    if not 0 < size <= 32:
        return "the name of a network has 1 to 32 bytes, not %d" % size
    if "\0" in name + password:
        return "there is no zero byte in a network's name or password"
    size = len(password.encode())
    if size and not 8 <= size <= 63 and not (size == 64 and all(c in _HEX for c in password)):
        return "a password has 8 to 63 bytes, or is 64 hexadecimal digits: here are %d" % size
    return ""


def load(storage: Storage) -> list[Network]:
    """Return the networks in the file. Raises `DeviceError` when it cannot be read."""
    return read(storage.read(WIFI, MAX_FILE) or b"")


def read(content: bytes) -> list[Network]:
    """Return the networks in `content`, without unreadable lines. `old`: of the older format."""
    lines = content.split(b"\n")
    if _network(lines[0]):
        return [network for network in map(_network, lines) if network]
    found = []
    for at in range(0, len(lines), 2):
        try:
            name, password = [line.decode().strip() for line in (lines + [b""])[at : at + 2]]
        except UnicodeError:
            continue
        if name:
            network = _new(name, password)
            network["old"] = True
            found.append(network)
    return found


def write(networks: list[Network]) -> bytes:
    """Return the content of the file for these networks."""
    names = list(_new("", ""))
    lines = [json.dumps({name: network[name] for name in names}) for network in networks]
    return "\n".join(lines).encode()


def hidden(content: bytes) -> bytes:
    """Return the content of the file with its passwords masked."""
    networks = read(content)
    for network in networks:
        network["password"] = network["password"] and "***"
    return write(networks)


def add(storage: Storage, name: str, password: str) -> list[str]:
    """Add a network, which is tried before those of its priority; return all names. Raises
    ValueError if no radio takes it. Without room, the one that worked the longest ago goes."""
    why = problem(name, password)
    if why:
        raise ValueError(why)
    rest = load(storage)
    network = _new(name, password)
    for other in rest:
        if other["name"] == name:
            network["priority"], network["hidden"] = other["priority"], other["hidden"]
    _first(network, rest)
    rest = [other for other in rest if other["name"] != name]
    networks = [network] + rest
    while len(networks) > KEPT or len(write(networks)) > MAX_FILE:
        rest = networks[:0:-1]  # of equals the last in the file goes, but never the new one
        networks.remove(min(rest, key=lambda one: one["last"]))
    storage.replace(WIFI, write(networks))
    return [network["name"] for network in networks]


def works(storage: Storage, network: Network, networks: list[Network]) -> None:
    """Record that `network`, one of `networks`, has just been joined."""
    if "old" not in network and _first(network, networks):
        storage.replace(WIFI, write(networks))


def _first(network: Network, networks: list[Network]) -> bool:
    """Give `network` the highest `last`; return whether that changes anything."""
    last = max([0] + [other["last"] for other in networks])
    if last and network["last"] == last:
        return False
    network["last"] = last + 1
    return True


def _new(name: str, password: str) -> Network:
    network: Network = {"name": name, "password": password, "priority": 0, "last": 0}
    network["hidden"] = network["trial"] = False
    return network


def _network(line: bytes) -> Network | None:
    """Return the network in a line, or None. A value of the wrong type counts as missing."""
    network = _new("", "")
    try:
        value = json.loads(line.decode())
        for name in network:
            if type(value.get(name)) is type(network[name]):
                network[name] = value[name]
        (network["name"] + network["password"]).encode()
    except (ValueError, TypeError, AttributeError, RuntimeError):
        return None
    return network if network["name"] else None

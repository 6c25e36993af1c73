"""The login to the debug shell, under the policy in the board file's `shell`.

`"open"` admits each client that holds the cable. `"salt:key"` admits a client that knows the
password that `key` was derived from (PBKDF2 with SHA-256, computed on the host; hexadecimal).
Anything else, or nothing, admits none. The password does not go over the wire: the device sends a
nonce, and takes its HMAC under the key.
"""

from __future__ import annotations

import binascii
import json
from typing import TYPE_CHECKING, Any, Callable

from domain.errors import DeviceError

if TYPE_CHECKING:
    from adapters.debug.shell import Shell

WIRE = 1  # the version of the wire
PAUSE_MS = 5000  # after a wrong password; and for the time that a login takes
WRONG = "shell.wrong"
BOARD_FILE = "board.json"


def login(shell: Shell, words: list[str]) -> Any:
    """Answer `hello [hold]` and `login PROOF`; refuse all else."""
    thing = shell.thing
    if not shell.policy:
        shell.policy = _policy(thing.storage)
        if _wrong(thing.storage.read):  # a reset is no way around the pause
            shell.login_at = shell.clock.monotonic() + PAUSE_MS
    if shell.policy == "open":
        shell.allowed = True
    if words[0] == "login" and not shell.allowed:
        _check(shell, words[1] if len(words) > 1 else "")
    elif words[0] not in ("hello", "login"):
        raise _refused(shell)
    if words[-1] == "hold":
        if shell.allowed:
            shell.hold()
        elif ":" in shell.policy and thing.starting and not shell.steps:
            shell.hold(PAUSE_MS)  # time to type the password and still see the very start
    return _hello(shell)


def _hello(shell: Shell) -> Any:
    thing = shell.thing
    if not shell.allowed and not shell.nonce:
        shell.nonce = thing.crypto.random(16)
    salted = not shell.allowed and ":" in shell.policy
    return {
        "wire": WIRE,
        "os": thing.version,
        "platform": thing.system.platform(),
        "allowed": shell.allowed,
        "salt": shell.policy.split(":")[0] if salted else "",
        "nonce": binascii.hexlify(shell.nonce).decode() if salted else "",
        "fresh": thing.starting and not shell.steps,
    }


def _check(shell: Shell, proof: str) -> None:
    if ":" not in shell.policy:
        raise _refused(shell)
    now = shell.clock.monotonic()
    nonce, shell.nonce = shell.nonce, b""
    if now < shell.login_at:
        raise DeviceError("wait", "the last password was wrong - wait for 5 s")
    crypto = shell.thing.crypto
    try:
        key = binascii.unhexlify(shell.policy.split(":")[1])
        given = binascii.unhexlify(proof)
    except ValueError:
        given = key = b""
    if not (nonce and key and crypto.equal(given, crypto.hmac_sha256(key, nonce))):
        shell.login_at = now + PAUSE_MS
        storage = shell.thing.storage
        if not _wrong(storage.read):  # once: an attacker's tries must not wear out the flash
            _wrong(lambda name: storage.replace(name, b"1"))
        raise DeviceError("password", "wrong password - try again in 5 s")
    shell.allowed = True
    _wrong(shell.thing.storage.remove)


def _wrong(act: Callable[[str], Any]) -> Any:
    """Apply `act` to the file that marks the last password as wrong; return None where it fails."""
    try:
        return act(WRONG)
    except DeviceError:
        return None


def _refused(shell: Shell) -> DeviceError:
    if ":" in shell.policy:
        return DeviceError("password", "this board wants a password - say `login`")
    return DeviceError("off", "the shell is off here - %s does not allow it" % BOARD_FILE)


def _policy(storage: Any) -> str:
    """Return the policy in the board file: `off` if it names none or cannot be read."""
    try:
        content = storage.read(BOARD_FILE, 1024)
        value = json.loads(content) if content else {}
    except (DeviceError, ValueError, RuntimeError):
        return "off"
    said = value.get("shell") if isinstance(value, dict) else None
    return said if isinstance(said, str) and said else "off"

"""The debug shell's taps on the ports: faults go in there, and the recording comes out.

Each call of a port becomes `["call", port, method, first argument if a text, result, error]`, port
by the numbers below, method by its place in `methods(port)`: on a device methods have other names,
and those of two ports may have the same one. The host writes names. Bytes are `{"bytes": base 64}`;
an error is `[blame, code, text]`, blame by the place of its class in `BLAME`; then `rest` and
`wait_s`, if it has any. Data that a port passes on in pieces is recorded before the call,
`["piece", base 64]`.

A replay gives the same answers to the same calls, so the domain does the same.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any

from adapters.debug.commands import shown_remote
from adapters.debug.config import masked
from domain.errors import AppError, CloudError, DeviceError, LinkError, ThingError
from domain.settings.networks import WIFI

if TYPE_CHECKING:
    from adapters.debug.shell import Shell

BLAME = (LinkError, CloudError, DeviceError, AppError)
NUMBERING = 2  # of methods: earlier, those of all ports were counted together
OTHER = -1  # none of them: an unforeseen error
CLOCK = 0
STORAGE = 1
CLOUD = 2
CRYPTO = 3
SYSTEM = 4
APPS = 5
PORTAL = 6
LINK = 7  # the first one
FAULTS = ("link", "dns", "session", "disk", "app")  # each as `_fault` says, until `inject heal`


class Named:
    """An object that returns the name of each attribute: on a device, the minified one."""

    def __getattr__(self, name: str) -> str:
        return name


def methods(port: int, named: Any) -> tuple[str, ...]:
    """Return the methods of a port, in the order that recordings count them in; add new ones at the
    end."""
    return (
        (named.monotonic, named.epoch, named.set_epoch, named.sleep),
        (named.mount, named.read, named.replace, named.receive, named.append, named.remove)
        + (named.source, named.part, named.names, named.free),
        (named.use, named.forget, named.in_session, named.register, named.management)
        + (named.reply, named.reading, named.report, named.app_files, named.app_file)
        + (named.os_file, named.salt, named.identify, named.strong, named.keep, named.resume),
        (named.random, named.verify),
        (named.identity, named.platform, named.abi, named.reset_cause, named.restart)
        + (named.stopped, named.watchdog, named.feed, named.memory, named.seal, named.sleep)
        + (named.woken,),
        (named.load, named.unload, named.call, named.execute),
        (named.offered, named.asked, named.open, named.poll, named.close),
        (named.up, named.down, named.status, named.scan, named.dialogue),
    )[min(port, LINK)]


def inject(shell: Shell, words: list[str]) -> Any:
    """Execute `inject [FAULT]` or `record on|off`; return the faults, or the conditions in which
    the recording begins."""
    thing, what = shell.thing, words[1] if len(words) > 1 else ""
    if words[0] == "record":
        return _record(shell, what)
    if what in FAULTS:
        _tap(shell)
        if what not in shell.faults:
            shell.faults.append(what)
    elif what == "heal":
        shell.faults = []
        _untap(shell)
    elif what == "corrupt":
        content = bytearray(thing.storage.read(words[2]) or b"")
        if not content:
            raise DeviceError("no_file", "there is nothing in %s" % words[2])
        content[len(content) // 2] ^= 0x55
        thing.storage.replace(words[2], bytes(content))
    elif what == "clock":
        thing.clock.set_epoch((thing.clock.epoch() or 0) + int(words[2]))
    elif what:
        raise ValueError(
            "there is no fault %s, but %s, corrupt FILE, clock SECONDS; heal ends them"
            % (what, ", ".join(FAULTS))
        )
    return shell.faults


def _record(shell: Shell, what: str) -> Any:
    thing = shell.thing
    if what == "on":
        if shell.steps or not thing.starting:
            raise DeviceError("late", "a recording begins with a start - `reboot`, and hold first")
        _tap(shell)
        shell.recording = True
    elif what == "off":
        shell.recording = False
        _untap(shell)
    given = dict(thing.given)
    if WIFI in given:
        given[WIFI] = masked(WIFI, given[WIFI].encode()).decode()
    return {
        "recording": shell.recording,
        "version": thing.version,
        "default_backend": thing.default_backend,
        "given": given,
        "links": len(thing.links),
        "methods": NUMBERING,
        "queue": (thing.queue.segment, thing.queue.in_memory),
        "unverified": thing.unverified,
        "allowed": "password" if ":" in shell.policy else shell.policy,
    }


def _tap(shell: Shell) -> None:
    """Replace each port by its tap, once; also in the queue, which holds its port directly."""
    thing: Any = shell.thing
    if shell.tapped:
        return
    shell.tapped = True
    thing.clock = Tap(shell, CLOCK, thing.clock)
    thing.storage = Tap(shell, STORAGE, thing.storage)
    thing.cloud = Tap(shell, CLOUD, thing.cloud)
    thing.crypto = Tap(shell, CRYPTO, thing.crypto)
    thing.system = Tap(shell, SYSTEM, thing.system)
    thing.apps = Tap(shell, APPS, thing.apps)
    thing.portal = Tap(shell, PORTAL, thing.portal)
    thing.links = [Tap(shell, LINK + n, thing.links[n]) for n in range(len(thing.links))]
    thing.queue.storage = thing.storage


def _untap(shell: Shell) -> None:
    """Remove the taps, which take memory, unless a recording or a fault needs them."""
    thing: Any = shell.thing
    if not shell.tapped or shell.recording or shell.faults:
        return
    shell.tapped = False
    thing.clock = thing.clock.port
    thing.storage = thing.storage.port
    thing.cloud = thing.cloud.port
    thing.crypto = thing.crypto.port
    thing.system = thing.system.port
    thing.apps = thing.apps.port
    thing.portal = thing.portal.port
    thing.links = [link.port for link in thing.links]
    thing.queue.storage = thing.storage


class Tap:
    """A port that injects faults and records its calls."""

    def __init__(self, shell: Shell, number: int, port: Any) -> None:
        self.shell = shell
        self.number = number
        self.port = port

    def __getattr__(self, name: str) -> Any:
        target = getattr(self.port, name)
        return lambda *arguments: self.through(name, target, arguments)

    def through(self, name: str, target: Any, arguments: Any) -> Any:
        """Call the port, or let the fault answer; record the outcome."""
        shell = self.shell
        first = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        named: Any = Named()
        port = self.number
        if port == CRYPTO and name not in (named.random, named.verify):
            return target(*arguments)  # the result is the same anywhere; no record saves memory
        found = methods(port, named)
        method = found.index(name) if name in found else -1
        what: Any = ("call", port, method, first)
        value = self.noting(what, _fault(shell, port, name), target, arguments)
        if port == CLOUD and name in (named.os_file, named.app_file):
            # The domain does not look into unsigned files, so a replay needs no content.
            looks = name == named.os_file or shell.thing.parameters.apps == "signed"
            return Heard(self, what, value, looks)
        if port == STORAGE and name in (named.source, named.receive):
            return Heard(self, what, value, True)
        if isinstance(value, (bytes, bytearray)):
            shown = masked(first, bytes(value))
            if port == CRYPTO and len(shown) > 16:  # a secret that is being generated
                shown = bytes(len(shown))
            what += ({"bytes": binascii.b2a_base64(shown).decode().strip()}, None)
        elif port == CLOUD and name == named.management and value[1]:
            mid, kind, content = value[1]
            what += ((value[0], (mid, kind, shown_remote(content))), None)
        else:
            what += (value, None)
        shell.record(*what)
        return value

    def noting(self, what: Any, error: Any, target: Any, arguments: Any) -> Any:
        """Call the target, or raise `error`; record the error that is raised."""
        try:
            if error is not None:
                raise error
            return target(*arguments)
        except ThingError as raised:
            noted: Any = (_blame(raised), raised.code, raised.text)
            if raised.rest or raised.wait_s:
                noted += (raised.rest, raised.wait_s)
            self.shell.record(*(what + (None, noted)))
            raise
        except Exception as raised:
            self.shell.record(*(what + (None, (OTHER, "", repr(raised)))))
            raise


def _blame(error: ThingError) -> int:
    for number, kind in enumerate(BLAME):
        if isinstance(error, kind):
            return number
    return OTHER


class Heard:
    """A stream or a file that a port returned. If `pieces`, its content is recorded; at its end, or
    when it fails, the call that returned it."""

    def __init__(self, tap: Tap, what: Any, given: Any, pieces: bool) -> None:
        self.tap = tap
        self.what = what
        self.given = given
        self.pieces = pieces

    def readinto(self, buffer: Any) -> int:
        """Read from the port's stream; record the piece."""
        size: int = self.tap.noting(self.what, None, self.given.readinto, (buffer,))
        if not size:
            self.tap.shell.record(*(self.what + (None, None)))
        elif self.pieces:
            piece = binascii.b2a_base64(bytes(buffer[:size])).decode().strip()
            self.tap.shell.record("piece", piece)
        return size

    def __enter__(self) -> Any:
        return self.tap.noting(self.what, None, self.given.__enter__, ())

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if error is not None:
            self.given.__exit__(kind, error, trace)
        self.tap.noting(self.what, error, self.given.__exit__, (kind, error, trace))
        self.tap.shell.record(*(self.what + (None, None)))


def _fault(shell: Shell, port: int, method: str) -> ThingError | None:
    """Return the injected error of this call, or None."""
    faults: list[str] = shell.faults
    named: Any = Named()
    inside = (named.use, named.forget, named.in_session, named.salt, named.identify, named.strong)
    outside = port == CLOUD and method not in inside
    up = port >= LINK and method == named.up
    if "dns" in faults and (outside or up):
        return LinkError("no_address", "the name does not resolve - injected")
    if "link" in faults and up:
        return LinkError("no_link", "no network is in reach - injected")
    if "link" in faults and outside:
        return LinkError("cut", "the connection was cut - injected")
    if "session" in faults and outside and method != named.register:
        faults.remove("session")
        cloud: Any = shell.thing.cloud
        cloud.port.forget()  # unrecorded: no adapter does it for an injected error
        return CloudError("session", "the session has ended - injected")
    writes = (named.replace, named.receive, named.append)
    if "disk" in faults and port == STORAGE and method in writes:
        return DeviceError("disk_full", "there is no room left - injected")
    if "app" in faults and port == APPS and method == named.call:
        faults.remove("app")
        return AppError("died", "the app died - injected")
    return None

"""A small cloud in memory that answers every call, unless a test scripts a fault."""

from __future__ import annotations

import json
from typing import Any, Callable

from domain.errors import CloudError, LinkError, ThingError
from ports.storage import Source
from tests.fakes.clock import FakeClock
from tests.fakes.source import Pieces

DOWN = LinkError("refused", "connection refused - look after the cloud")
SESSION = CloudError("session", "token not found")
TROUBLE = CloudError("trouble", "the cloud has a problem, try again later")
CUT = LinkError("cut", "the connection was cut")

EPOCH = 1_700_000_000


class FakeCloud:
    """The cloud's side (settings, apps, messages, readings) and the Thing's side (a session).

    `script("management", TROUBLE, TROUBLE)` makes the next calls raise these errors; a scripted
    function is called, any other value is returned. `down` (an error) fails every call. `calls`
    lists all calls as (name, arguments); `on_call(name)` is called first.
    """

    def __init__(self, clock: FakeClock | None = None, epoch: int = EPOCH) -> None:
        # the cloud's side; kept when the Thing restarts
        self.clock = clock or FakeClock()
        self.epoch = epoch  # s UTC at the clock's 0 ms
        self.settings: dict[str, Any] = {"management_interval": "60", "worker_interval": "60"}
        self.apps: dict[str, dict[str, str]] = {}
        self.releases: dict[str, dict[str, bytes]] = {}
        self.messages: list[tuple[str, str, Any]] = []
        self.replies: dict[str, Any] = {}
        self.readings: dict[float, Any] = {}
        self.reports: list[tuple[str, str, str | None]] = []
        self.identities: list[dict[str, Any]] = []
        self.dead_backends: set[str] = set()
        self.wanted_salt = ""  # of a cloud that asks for proof of identity
        self.pinned: bytes | None = None  # the key known to the cloud
        self.shown: list[tuple[bytes, bool]] = []  # the arguments of `identify`
        # faults
        self.down: ThingError | None = None
        self.scripts: dict[str, list[Any]] = {}
        self.on_call: Callable[[str], object] | None = None
        # the Thing's side; `restart` ends the session
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.backend = ""
        self.ssl = True
        self.encrypted = False
        self.mode2 = False  # whether an encrypted payload uses mode 2
        self._salt = ""
        self._who: tuple[bytes, bool] | None = None
        self._registered = False
        self._alive = False  # whether the cloud still knows the session
        self._management_ok = False

    # called by a test

    def script(self, call: str, *answers: Any) -> None:
        """Script the answers of the next calls of `call`, in order; None: the normal answer."""
        self.scripts.setdefault(call, []).extend(answers)

    def end_session(self) -> None:
        """End the session, as when another device registers with the same id."""
        self._alive = False

    def restart(self) -> FakeCloud:
        """Forget the session, as a Thing does that restarts; return this cloud."""
        self.forget()
        return self

    def heal(self) -> None:
        """Remove all faults and scripted answers."""
        self.down = None
        self.scripts.clear()
        self.dead_backends.clear()

    def now(self) -> int:
        """Return the cloud's own time in seconds UTC."""
        return self.epoch + self.clock.now // 1000

    def made(self, *names: str) -> list[tuple[str, tuple[Any, ...]]]:
        """Return the calls of these names, in order."""
        return [call for call in self.calls if call[0] in names]

    # the port

    def use(self, backend: str, ssl: bool) -> None:
        self.calls.append(("use", (backend, ssl)))
        self.backend, self.ssl = backend, ssl

    def forget(self) -> None:
        self.calls.append(("forget", ()))
        self._registered = False
        self._salt, self._who = "", None

    def in_session(self) -> bool:
        return self._registered

    def register(self, identity: dict[str, Any], encrypted: bool, modulus: int) -> int:
        self._registered = False
        self._call("register", identity, encrypted, session=False)
        self.identities.append(identity)
        self.encrypted = encrypted
        self._registered = self._alive = True
        self._management_ok = False
        self._salt, self._who = self.wanted_salt if identity.get("identity") else "", None
        return self.now()

    def keep(self) -> list[Any]:
        return ["token", "00" * 16 if self.encrypted else None]

    def resume(self, session: list[Any]) -> None:
        assert session[0] == "token"
        self._registered, self.encrypted = True, session[1] is not None

    def strong(self) -> bool:
        return self._registered and self.encrypted and self.mode2

    def salt(self) -> str:
        return self._salt

    def identify(self, key: bytes, known: bool) -> None:
        self.shown.append((key, known))
        self._who = (key, known)

    def management(self) -> tuple[dict[str, Any], tuple[str, str, Any] | None]:
        answer = self._call("management")
        self._prove()
        if answer is not None:
            given: tuple[dict[str, Any], tuple[str, str, Any] | None] = answer
            return given
        message = self.messages.pop(0) if self.messages and self._management_ok else None
        return dict(self.settings), message

    def reply(self, mid: str, content: Any) -> None:
        self._call("reply", mid, content)
        self.replies[mid] = content
        self._management_ok = True

    def reading(self, message: Any, epoch: int | str | None) -> None:
        self._call("reading", message, epoch)
        if not message or len(json.dumps(message)) > 512:
            raise CloudError("unacceptable", "the cloud does not take this reading")
        at: float = self.now() if epoch is None else float(epoch)
        while epoch is None and at in self.readings:
            at += 0.001  # the cloud's clock is finer than a second
        if at in self.readings:
            raise CloudError("trouble", "the cloud has a problem, try again later")
        self.readings[at] = message

    def report(self, what: str, status: str, text: str | None) -> None:
        self._call("report", what, status, text)
        self.reports.append((what, status, text))
        if what == "management":
            self._management_ok = status.startswith("OK")

    def app_files(self, version: str) -> list[str]:
        answer = self._call("app_files", version)
        if answer is not None:
            names: list[str] = answer
            return names
        if version not in self.apps:
            raise CloudError("trouble", f"there is no app version {version}")
        return list(self.apps[version])

    def app_file(self, version: str, name: str) -> Source:
        answer = self._call("app_file", version, name)
        if answer is not None:
            return Pieces(answer)
        if name not in self.apps.get(version, {}):
            raise CloudError("not_found", f"there is no file {name}")
        return Pieces([self.apps[version][name].encode()])

    def os_file(self, version: str, platform: str, name: str) -> Source:
        answer = self._call("os_file", version, platform, name)
        if answer is not None:
            return Pieces(answer)
        if name not in self.releases.get(version, {}):
            raise CloudError("not_found", f"there is no file {name}")
        return Pieces([self.releases[version][name]])

    # internal

    def _prove(self) -> None:
        if self.pinned is None and self._who is not None and not self._who[1]:
            self.pinned = self._who[0]
        if self._salt and self.pinned is not None and (self._who or (None,))[0] != self.pinned:
            self._alive = False
            raise CloudError("identity", "the identity is not that of this Thing - admit it")
        if self._who is not None:
            self._salt, self._who = "", None

    def _call(self, name: str, *arguments: Any, session: bool = True) -> Any:
        """Record a call; raise or return the scripted answer, None without one."""
        self.calls.append((name, arguments))
        if self.on_call:
            self.on_call(name)
        if self.down:
            raise type(self.down)(self.down.code, self.down.text)
        if self.backend in self.dead_backends:
            raise LinkError("no_address", f"{self.backend}: no such host")
        scripted = self.scripts.get(name)
        answer = scripted.pop(0) if scripted else None
        if isinstance(answer, BaseException):
            if isinstance(answer, CloudError) and answer.code == "session":
                self._registered = self._alive = False
            if isinstance(answer, ThingError):
                raise type(answer)(answer.code, answer.text)  # a new one each time
            raise answer
        if callable(answer):
            return answer(*arguments)
        if session and not (self._registered and self._alive):
            self._registered = False
            raise CloudError("session", "token not found")
        return answer

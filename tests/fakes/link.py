"""A link that comes up or fails as scripted."""

from __future__ import annotations

from domain.errors import LinkError


class FakeLink:
    """A link: `script` holds codes of `LinkError` for the next calls of `up` ("": success); after
    them, `fault` (a code, "" for none) decides."""

    def __init__(self, kind: str = "fake", script: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.script = list(script)
        self.fault = ""
        self.is_up = False
        self.exposed = False
        self.hosts: list[str] = []
        self.downs = 0
        self.networks: list[tuple[str, int, bool]] = []

    def up(self, host: str) -> None:
        self.hosts.append(host)
        code = self.script.pop(0) if self.script else self.fault
        self.is_up = not code
        if code:
            raise LinkError(code, f"{self.kind}: {code} - look after the network")

    def down(self) -> None:
        self.downs += 1
        self.is_up = False

    def status(self) -> dict[str, object]:
        status: dict[str, object] = {"kind": self.kind, "up": self.is_up}
        if self.exposed:
            status["exposed"] = True
        return status

    def scan(self) -> list[tuple[str, int, bool]]:
        return sorted(self.networks, key=lambda network: -network[1])


class FakeProbe:
    """A probe that finds `link` if its next `up` would succeed, and brings it up like a radio."""

    def __init__(self, link: FakeLink) -> None:
        self.link = link
        self.looks: list[str] = []

    def near(self, host: str) -> bool:
        self.looks.append(host)
        self.link.is_up = not (self.link.script[0] if self.link.script else self.link.fault)
        return self.link.is_up

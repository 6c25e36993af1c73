"""Signed releases, and the forgeries that an attacker without a key can make of them."""

from __future__ import annotations

import base64
import functools
import hashlib
from typing import Any

from hypothesis import strategies as st

from build.release.patch import between
from build.release.sources import file_of
from domain.app.app import App
from domain.health.journal import Journal
from domain.settings.settings import Settings
from domain.states.register import Register
from domain.states.update import Update
from tests.fakes.signers import FILES, key_list, manifest, signer
from tests.fakes.storage import MemoryStorage
from tests.fakes.thing import make_thing

VERSION = "2.1.0"
EVIL = b"import evil\n"
WHOLE = {file.name: file.data for file in FILES}
OLD = {"start.py": b"import pt_before\n", "pt.mpy": WHOLE["pt.mpy"][:900] + b"another"}
KEYS = ("release", "other", "third")


def evil_line(name: str, kind: str = "f") -> bytes:
    """Return a manifest line for an unsigned file with the content `EVIL`."""
    digest = base64.b64encode(hashlib.sha256(EVIL).digest()).decode()
    return b"%s %s %d %s t" % (kind.encode(), name.encode(), len(EVIL), digest.encode())


EVIL_LINES = [
    *(evil_line(name) for name in ("start.py", "evil.py", "aaa.py", "domain/boot/__init__.py")),
    *(evil_line(name) for name in ("zz/evil.py", "../evil.py", "lib/deep.py")),
    *(evil_line(name, "p") for name in ("2.0.0", "v2.0.0", "9")),
    *(b"keys 0", b"keys 2", b"version 2.1.0", b"replaces 0.0.0", b"pythings-release 1"),
    *(b"", b" ", b"x", b"f", b"sign", b"revoked x", b"f a b c d e"),
]


@functools.cache
def genuine(count: int, patched: bool = False) -> tuple[bytes, dict[str, bytes]]:
    """Return a key list that requires `count` signatures, and a served release that has them."""
    trust = key_list(release=KEYS[:count], needs=count)
    patches = (file_of("patch.2.0.0", between(OLD, WHOLE)),) if patched else ()
    served = {file.name: file.wire for file in (*FILES, *patches)}
    served["release.txt"] = manifest(VERSION, by=KEYS[:count], patches=patches)
    return trust, served


def junk_signature(number: int) -> bytes:
    """Return a line that looks like a signature; `number` selects one of four kinds."""
    name = b"%016x" % (number * 7919)
    kinds = [
        b"sign a b",
        b"sign %s %s" % (name, base64.b64encode(bytes([number % 251]) * 384)),
        b"sign %s QUFB" % name,
        b"sign %s %s" % (signer("release").id.encode(), base64.b64encode(bytes(384))),
    ]
    return kinds[number % len(kinds)]


def forged(data: bytes, steps: list[tuple[str, int, int]]) -> bytes:
    """Return the text after a list of changes, each (kind, place, choice)."""
    for kind, place, choice in steps:
        if kind in _BYTES:
            at = place % (len(data) + 1)
            data = data[:at] + _BYTES[kind](data[at : at + 1], choice) + data[at + 1 :]
            continue
        lines = data.split(b"\n")
        at, other = place % len(lines), choice % len(lines)
        if kind == "evil":
            lines.insert(at, EVIL_LINES[choice % len(EVIL_LINES)])
        elif kind == "sign":
            lines[at:at] = [junk_signature(place + one) for one in range(choice % 13)]
        elif kind == "remove":
            del lines[at]
        elif kind == "double":
            lines.insert(other, lines[at])
        elif kind == "swap":
            lines[at], lines[other] = lines[other], lines[at]
        data = b"\n".join(lines)
    return data


_BYTES: dict[str, Any] = {
    "insert byte": lambda byte, choice: bytes([choice % 256]) + byte,
    "change byte": lambda byte, choice: bytes([choice % 256]),
    "remove byte": lambda byte, choice: b"",
    "double byte": lambda byte, choice: byte * 2,
}
_KINDS = ["evil", "evil", "sign", "sign", "remove", "double", "swap", *_BYTES]
# Near the end as often as anywhere else, because the signatures are there.
_PLACE = st.integers(0, 6000) | st.integers(1, 20).map(lambda one: -one)
STEPS = st.lists(st.tuples(st.sampled_from(_KINDS), _PLACE, st.integers(0, 999)), max_size=4)


@st.composite
def offers(draw: st.DrawFn) -> tuple[int, dict[str, bytes]]:
    """Draw (number of required signatures, files served): a release after random changes."""
    count = draw(st.integers(1, 3))
    served = dict(genuine(count, draw(st.booleans()))[1])
    served["release.txt"] = forged(served["release.txt"], draw(STEPS))
    for name in draw(st.lists(st.sampled_from(sorted(served)[:-1] + ["evil.py"]), max_size=2)):
        what = draw(st.integers(0, 3))
        if what == 0:
            served[name] = EVIL
        elif what == 1:
            served.pop(name, None)
        elif name in served:
            served[name] = served[name] * 2 if what == 2 else served["start.py"]
    for line in EVIL_LINES:
        if line[:2] == b"f ":
            served.setdefault(line.split(b" ")[1].decode(), EVIL)
    return count, served


class Watched(MemoryStorage):
    """A storage that records every complete file ever put into a slot."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(files)
        self.put: list[tuple[str, bytes]] = []

    def replace(self, name: str, data: bytes) -> None:
        super().replace(name, data)
        self._note(name)

    def received(self, name: str, pieces: list[bytes]) -> None:
        super().received(name, pieces)
        self._note(name)

    def _note(self, name: str) -> None:
        if name.startswith(("os.a/", "os.b/", "app.")):
            self.put.append((name, self.files[name]))


def offer(trust: bytes, served: dict[str, bytes], **more: Any) -> tuple[str, Any]:
    """Offer the release to a Thing with this key list; return the event and the Thing."""
    storage = more.get("storage", Watched)(
        {"trust": trust, **{"os.b/" + name: OLD[name] for name in OLD}}
    )
    thing: Any = make_thing(storage=storage, version="2.0.0")
    thing.journal = more.get("journal") or Journal()
    thing.save_journal()
    thing.app = App(thing)
    thing.cloud.releases[VERSION] = served
    Register(thing).act()
    thing.wanted = Settings(pythings_version=VERSION)
    return Update(thing).act(), thing


def only_signed(put: list[tuple[str, bytes]]) -> None:
    """Assert that only files of the signed set were ever in a slot."""
    for name, data in put:
        assert data == WHOLE.get(name[5:]), (name, data[:60])

"""The cause of a refused update: each sentence names the true one, and no other.

The cloud is told these sentences, and a person reads them (`update_failed`).
"""

from __future__ import annotations

import base64
from typing import Any

import pytest

from build.release.texts import ReleaseFile
from domain.errors import CloudError, DeviceError, LinkError
from domain.health.journal import Journal
from domain.health.slots import PROVEN, Slot
from domain.settings.settings import Settings
from domain.states.update import MAX_FILES, Update
from tests.fakes.signers import FILES, key_list, manifest
from tests.fakes.storage import MemoryStorage
from tests.fakes.thing import make_thing
from tests.security.unsigned import GENUINE, app, refused, served
from tests.unit.domain.os_update.installing import WHOLE, rejected, updating

LATE = ReleaseFile("pt_late.mpy", b"late" * 1000, "deflated")
# Words that blame each party that may be at fault.
BLAME = {
    "storage": ("file system", "flash", "free", "written", "flash it"),
    "network": ("network", "connection"),
    "signer": ("signed", "signature", "expired", "key list", "older", "number", "it is version"),
    "board": ("it is not for", "it is made for"),
    "cloud": ("the cloud", "there is no"),
}


def blames(text: str, whom: str) -> None:
    """Assert that a text blames `whom` and no other party."""
    for who, words in BLAME.items():
        found = [word for word in words if word in text]
        assert bool(found) == (who == whom), (who, found, text)


def told_of(wire=None, trust=None, journal=None, **release):
    """Return the report on a refused OS release; `wire`: files that the cloud serves instead."""
    storage = MemoryStorage({} if trust == b"" else {"trust": trust or key_list()})
    thing = updating(storage, journal, **release)
    thing.cloud.releases["2.1.0"].update(wire or {})
    return rejected(thing)


OS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a file with another byte": (
        {"wire": {"start.py": b"import px\n"}},
        "signer",
        "start.py is not what was signed",
    ),
    "a longer file": (
        {"wire": {"start.py": b"import pt\n#"}},
        "",
        "start.py is larger than stated",
    ),
    "a deflated file that is garbage": (
        {"files": (*FILES, LATE), "wire": {LATE.name: base64.b64encode(b"\xff" * 90)}},
        "signer",
        "pt_late.mpy is not what was signed",
    ),
    "a deflated file that is cut": (
        {"files": (*FILES, LATE), "wire": {LATE.name: LATE.wire[:-4]}},
        "signer",
        "pt_late.mpy is not what was signed",
    ),
    "a deflated file that is empty": (
        {"files": (*FILES, LATE), "wire": {LATE.name: b""}},
        "signer",
        "pt_late.mpy is not what was signed",
    ),
    "no base64": ({"wire": {"pt.mpy": b"?"}}, "", "pt.mpy is not base64"),
    "a page for a manifest": ({"wire": {"release.txt": b"<html>\n"}}, "signer", "not signed"),
    "a cut manifest": ({"wire": {"release.txt": manifest()[:-1]}}, "", "(security T1): it is cut"),
    "a changed manifest": (
        {"wire": {"release.txt": manifest().replace(b"version 2.1.0", b"version 2.1.1")}},
        "signer",
        "its signature is not over this text",
    ),
    "a stranger's": (
        {"by": ("stranger",)},
        "signer",
        "it is not signed by a key that this Thing trusts",
    ),
    "a revoked key's": (
        {"trust": key_list(1, revoked=("release",))},
        "signer",
        "it is signed with a key that was revoked",
    ),
    "too few": (
        {"trust": key_list(1, release=("release", "second"), needs=2)},
        "signer",
        "1 of the 2 signatures that it needs",
    ),
    "under a later key list": ({"keys": 5}, "signer", "it was signed under key list 5"),
    "an expired key list": (
        {"trust": key_list(1, expires=1_000_000_000)},
        "signer",
        "key list 1 has expired",
    ),
    "an expired release": ({"expires": 1_000_000_000}, "signer", "it has expired"),
    "no key list": ({"trust": b""}, "signer", "this Thing has no key list - give it one"),
    "of another board": ({"platforms": ("esp32",)}, "board", "it is not for Fake, but ['esp32']"),
    "of another firmware": (
        {"abi": "mpy5"},
        "board",
        "it is made for ['mpy5'], and here is mpy6",
    ),
    "of another version": ({"version": "2.2.0"}, "signer", "it is version '2.2.0'"),
    "an older one": (
        {"journal": Journal(floor=3_000_000)},
        "signer",
        "it is older than what ran here before",
    ),
    "a lower number": (
        {"journal": Journal(number_os=9)},
        "signer",
        "its number is 0, and 9 ran here before",
    ),
    "one in between is missing": ({"replaces": "2.0.9"}, "", "it wants version '2.0.9' first"),
}


@pytest.mark.parametrize("name", OS)
def test_an_os(name: str) -> None:
    overrides, whom, mention = OS[name]
    text = told_of(**overrides)
    assert mention in text
    blames(text, whom)


def test_an_os_that_the_cloud_does_not_have() -> None:
    thing = updating()
    del thing.cloud.releases["2.1.0"]
    blames(rejected(thing, "there is no file release.txt"), "cloud")


def test_an_os_whose_link_is_cut() -> None:
    thing = updating()
    thing.cloud.script("os_file", LinkError("cut", "the connection was cut"))
    blames(rejected(thing, "the connection was cut"), "network")


def test_an_os_for_which_there_is_no_room() -> None:
    thing = updating()
    thing.storage.free = lambda: 4096
    blames(rejected(thing, "bytes, and 4096 are free"), "storage")


def test_a_flash_that_does_not_keep_an_os() -> None:
    class Worn(MemoryStorage):
        def source(self, name, packed=False):
            if name == "os.a/pt.mpy" and name in self.files:
                self.files[name] = WHOLE["pt.mpy"][:-1] + b"?"
            return super().source(name, packed)

    thing = updating(Worn({"trust": key_list()}))
    blames(rejected(thing, "it does not keep what is written"), "storage")


def test_a_flash_that_fails_while_a_file_is_inflated() -> None:
    class Failing(MemoryStorage):
        def source(self, name, packed=False):
            if packed:
                raise DeviceError("storage", "cannot read %s: look after its file system" % name)
            return super().source(name, packed)

    thing = updating(Failing({"trust": key_list()}), None, files=(*FILES, LATE))
    blames(rejected(thing, "look after its file system"), "storage")


# apps


def app_told(files=None, names=None, script=None):
    """Return the report on an unsigned app that is refused."""
    thing = make_thing()
    thing.journal = Journal(app=Slot("a", "1", "", PROVEN))
    thing.cloud.apps["2"] = files or {"worker_task.py": "x"}
    thing.cloud.register({}, False, 0)
    if names is not None:
        thing.cloud.script("app_files", names)
    if script is not None:
        thing.cloud.script("app_file", script)
    thing.wanted = Settings(app_version="2")
    assert Update(thing).act() == "rejected"
    text = str(thing.console.named("update_failed")[-1]["text"])
    assert text.startswith("app 2 not installed: ")
    return text


@pytest.mark.parametrize(
    ("given", "whom", "mention"),
    [
        ({"names": []}, "cloud", "the cloud lists 0 files"),
        ({"names": ["x.py"] * (MAX_FILES + 1)}, "cloud", "the cloud lists 33 files"),
        ({"names": ["../x.py"]}, "cloud", "the cloud lists a file named '../x.py'"),
        ({"names": ["worker_task.py", "gone.py"]}, "cloud", "there is no file gone.py"),
        ({"script": LinkError("cut", "the connection was cut")}, "network", "was cut"),
        (
            {"script": CloudError("cut_file", "the file x came without its end mark")},
            "",
            "without its end mark",
        ),
    ],
)
def test_an_app(given, whom, mention) -> None:
    text = app_told(**given)
    assert mention in text
    blames(text, whom)


@pytest.mark.parametrize(
    ("files", "more", "mention"),
    [
        ({"worker_task.py": b"x"}, {}, "it is not signed - `pythings app sign` does it"),
        (served(app(by=("stranger",))), {}, "not signed by a key that this Thing trusts"),
        (served(app(aid="app-2")), {}, "it is of the app app-2"),
        (served(app(number=6)), {"number": 7}, "its number is 6, and 7 ran here before"),
        (served(app(keys=2)), {}, "key list 2 is not here yet - an OS release brings it"),
        (
            {**GENUINE, "worker_task.py": GENUINE["worker_task.py"] + b"#"},
            {},
            "worker_task.py is not as it was signed",
        ),
    ],
)
def test_a_signed_app(files, more, mention) -> None:
    text = refused(files, **more)
    assert mention in text
    for who in ("storage", "network", "board"):
        assert not [word for word in BLAME[who] if word in text], text


# settings


def test_settings_for_which_there_is_no_room() -> None:
    thing = make_thing(storage=MemoryStorage())
    thing.cloud.register({}, False, 0)
    thing.storage.fail_always()
    thing.wanted = Settings(worker_interval=7)
    thing.settings = Settings()
    assert Update(thing).act() == "rejected"
    text = str(thing.console.named("update_failed")[-1]["text"])
    assert text.startswith("settings not stored: ")
    assert "disk_full" in text

"""An attacker serves releases, or is on the path, and has one genuine release but no key.

One parser turns bytes into a value, after the signature over exactly these bytes was verified; the
rest of the program sees nothing else. docs/security.md, T1.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.conformance.cases import drawn
from tests.security.forging import (
    EVIL_LINES,
    STEPS,
    WHOLE,
    Watched,
    evil_line,
    forged,
    genuine,
    junk_signature,
    offer,
    offers,
    only_signed,
)
from tests.security.generated import on_micropython, place

__all__ = ["place"]

CASES = 250  # on MicroPython


def slot(thing):
    return {name[5:]: data for name, data in thing.storage.files.items() if name[:5] == "os.a/"}


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("patched", [False, True])
def test_the_signed_set_is_taken(count, patched):
    event, thing = offer(*genuine(count, patched))
    assert event == "committed"
    assert slot(thing) == WHOLE


@pytest.mark.parametrize("kind", range(4))
@pytest.mark.parametrize("signatures", range(13))
def test_what_stands_behind_signatures_is_not_obeyed(signatures, kind):
    """The manifest ends with 0 to 12 lines of each kind, and then the line of an unsigned file."""
    trust, served = genuine(1)
    more = [junk_signature(4 * one + kind) for one in range(signatures)]
    for line in (evil_line("start.py"), evil_line("domain/boot/__init__.py"), b""):
        text = served["release.txt"] + b"\n".join([*more, line]) + b"\n"
        forgery = {**served, "release.txt": text, "domain/boot/__init__.py": b"import evil\n"}
        event, thing = offer(trust, forgery)
        assert event == "rejected"
        assert thing.storage.put == []


def test_more_than_eight_signatures_are_refused():
    trust, served = genuine(1)
    for count in range(12):
        more = [junk_signature(4 * one + 1) + b"\n" for one in range(count)]
        event, thing = offer(
            trust, {**served, "release.txt": served["release.txt"] + b"".join(more)}
        )
        assert event == ("committed" if count < 8 else "rejected"), count
        only_signed(thing.storage.put)


@pytest.mark.parametrize("line", EVIL_LINES, ids=range(len(EVIL_LINES)))
def test_a_line_at_every_position(line):
    trust, served = genuine(2)
    lines = served["release.txt"].split(b"\n")
    for at in range(len(lines) + 1):
        text = b"\n".join([*lines[:at], line, *lines[at:]])
        event, thing = offer(trust, {**served, "release.txt": text, "evil.py": b"import evil\n"})
        assert event == "rejected", at
        assert thing.storage.put == []


@pytest.mark.parametrize("kind", ["remove", "double", "swap"])
def test_each_line_removed_doubled_and_swapped(kind):
    trust, served = genuine(3)
    lines = served["release.txt"].count(b"\n")
    for at in range(lines):
        for other in range(lines):
            text = forged(served["release.txt"], [(kind, at, other)])
            event, thing = offer(trust, {**served, "release.txt": text})
            same = sorted(text.split(b"\n")) == sorted(served["release.txt"].split(b"\n"))
            assert event == "rejected" or same, (at, other)
            only_signed(thing.storage.put)


@settings(max_examples=400, deadline=None)
@given(offers())
def test_whatever_is_done_to_a_release_nothing_else_gets_into_a_slot(offered):
    count, served = offered
    event, thing = offer(genuine(count)[0], served)
    only_signed(thing.storage.put)
    if event == "committed":
        assert slot(thing) == WHOLE
    else:
        assert thing.journal.os.place == ""


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_a_manifest_that_changes_between_two_looks_is_refused(steps):
    """The flash returns changed bytes from any one read on."""
    trust, served = genuine(1)
    changed = forged(served["release.txt"], steps)
    for look in range(1, 8):

        class Changing(Watched):
            left = look

            def source(self, name, packed=False):
                if name == "os.new/release.txt":
                    self.left -= 1
                    if self.left == 0:
                        self.files[name] = changed
                return super().source(name, packed)

        event, thing = offer(trust, served, storage=Changing)
        only_signed(thing.storage.put)
        if event == "committed":
            assert slot(thing) == WHOLE


# the generated OS on MicroPython


def case_of(trust, served):
    texts = {name: data.decode("latin-1") for name, data in served.items()}
    return {"trust": trust.decode(), "had": {}, "served": texts, "os": "2.1.0", "app": "0"}


@pytest.mark.slow
def test_the_generated_os_takes_nothing_else_either(place):
    cases = [genuine(1), genuine(3)]
    trust, served = genuine(1)
    for count in range(13):
        for kind in range(4):
            more = [junk_signature(4 * one + kind) for one in range(count)]
            text = served["release.txt"] + b"\n".join([*more, evil_line("start.py"), b""])
            cases.append((trust, {**served, "release.txt": text, "start.py": b"import evil\n"}))
    cases += [(genuine(count)[0], served) for count, served in drawn(offers(), CASES)]
    done = on_micropython(place, [case_of(*case) for case in cases])
    assert len(done) == len(cases)
    for number, ((trust, served), (event, put, why)) in enumerate(zip(cases, done)):
        only_signed([(name, bytes.fromhex(data)) for name, data in put])
        expected, thing = offer(trust, served)
        assert event == expected, (number, why, thing.console.named("update_failed"))
    assert [event for event, _, _ in done[:2]] == ["committed", "committed"]
    assert {event for event, _, _ in done[2:54]} == {"rejected"}

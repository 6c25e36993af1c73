"""Cases for the scenarios, drawn at random: the same each time, written once for all engines."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from adapters.cloud.cipher import encrypt
from adapters.linux.crypto import LinuxCrypto
from domain.lifecycle import BOOT, EVENTS, TABLE
from domain.settings import parameters
from domain.settings import settings as cloud_settings

SEQUENCES = 6000
RULES = 150  # of each kind
LIVES = 150

_ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
# JSON that every Python reads alike; no floats, since their digits differ.
_UNICODE = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_SCALAR = st.none() | st.booleans() | st.integers(-(2**40), 2**40)
_VALUE = st.recursive(
    _SCALAR | _UNICODE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_UNICODE, inner, max_size=4),
    max_leaves=12,
)
_DIGITS = st.text("0123456789", max_size=120)
_BYTES16 = st.lists(st.integers(0, 255), min_size=16, max_size=16)


def drawn(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Draw `count` values, the same ones each time."""
    found: list[Any] = []

    @seed(1)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def take(value: Any) -> None:
        found.append(value)

    take()
    return found


def walk(choices: list[int]) -> str:
    """Return a walk of events as letters; three of four choices are legal events."""
    state, letters = BOOT, []
    for choice in choices:
        legal = [(event, after) for before, event, after in TABLE if before == state]
        if choice % 4:
            event, state = legal[choice // 4 % len(legal)]
        else:
            event = EVENTS[choice // 4 % len(EVENTS)]
            state = dict(legal).get(event, state)
        letters.append(chr(65 + EVENTS.index(event)))
    return "".join(letters)


def machine() -> list[str]:
    """Return walks through the lifecycle; Hypothesis would draw their numbers far more slowly."""
    chance = random.Random(1)
    return [
        walk([chance.randrange(1000) for _ in range(chance.randrange(41))])
        for _ in range(SEQUENCES)
    ]


def life() -> list[Any]:
    """Return scripts: mostly good luck, and now and then a stretch of bad luck."""
    chance = random.Random(6)
    found = []
    for _ in range(LIVES):
        text, steps = "", chance.randrange(40, 160)
        while len(text) < 6 * steps:
            good = chance.random() < 0.7
            size = chance.randrange(5, 80)
            text += "".join(
                chance.choice("3456789999" if good else "0123456789") for _ in range(size)
            )
        cuts = sorted(chance.sample(range(1, steps), chance.randrange(4)))
        found.append([text, steps, cuts])
    return found


def rules() -> list[Any]:
    """Return inputs for the pure rules."""
    small = st.integers(0, 40)
    wire = st.dictionaries(
        st.sampled_from([*cloud_settings.NAMES, "unknown"]),
        _SCALAR | _ASCII | st.integers(0, 700000).map(str) | st.booleans(),
        max_size=5,
    )
    given_values = st.dictionaries(
        st.sampled_from(parameters.NAMES), _ASCII | st.integers(0, 4000) | st.none(), max_size=3
    )
    kinds: dict[str, tuple[st.SearchStrategy[Any], ...]] = {
        "backoff": (small, st.integers(1, 400), st.integers(0, 65535)),
        "remedy": (
            small,
            st.booleans(),
            st.booleans(),
            st.booleans(),
            st.lists(st.integers(0, 2), unique=True),
        ),
        "values": (_SCALAR | _ASCII | st.integers().map(str) | st.lists(small, max_size=2),),
        "settings": (st.lists(wire | _ASCII, max_size=4),),
        "parameters": (
            st.dictionaries(
                st.sampled_from(parameters.NAMES), _ASCII | st.integers(0, 9999).map(str)
            ),
            given_values,
        ),
        "record": (st.integers(0, 2**31), _VALUE, st.integers(0, 2**20)),
        "slots": (st.lists(st.integers(0, 9), max_size=12),),
        "journal": (_DIGITS, st.lists(st.integers(0, 9), max_size=20)),
        "message": (_VALUE | st.text(max_size=1) | st.text("x\u00e9\U0001f600", max_size=600),),
        "queue": (
            st.text("23456789", max_size=200) | _DIGITS,
            st.lists(st.sampled_from([0, 1, 1, 2, 2, *range(3, 200, 7)]), max_size=120),
        ),
        "status": (
            st.lists(
                st.tuples(st.sampled_from(["pythings", "management", "worker"]), st.integers(0, 6)),
                max_size=20,
            ),
        ),
        "names": (_ASCII | st.text(max_size=12) | _SCALAR,),
    }
    return list(_each(kinds, {"settings": 2, "queue": 4, "journal": 3}))


def wire() -> list[Any]:
    """Return inputs for the codec, the cipher and the gateway."""
    text = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=90)
    answer = _VALUE.filter(_basic).map(json.dumps) | st.sampled_from(
        [
            "",
            "<html>",
            '"token not valid"',
            '{"token":"abc","epoch":1700000000}',
            '{"settings":{"ssl":true},"mid":"7","type":"APP","msg":"hi"}',
            '{"settings":{}}',
            '{"token":"abc","epoch":1700000000,"salt":"s1"}',
            '{"token":"abc","epoch":1700000000,"salt":["s1"]}',
            '"the identity 0123456789abcdef is not that of this Thing"',
            '["a.py","b.py"]',
            '{"pt.mpy":"1234","x":"9"}',
            "import logger\n",
            "print(1)\nversion='v1'",
            "nonsense",
        ]
    )
    status = st.sampled_from([200, 200, 200, 200, 400, 401, 403, 404, 408, 301, 500, 503])
    calls = [*_READING, "management", "forget", "app_files", "app_file", "os_file"]
    calls += ["management", "salt", "show", "prove"]
    kinds: dict[str, tuple[st.SearchStrategy[Any], ...]] = {
        "dump": (_VALUE,),
        "cipher": (_BYTES16, text, st.lists(st.integers(0, 60), max_size=6)),
        "answer": (
            status,
            st.sampled_from(["text/html", "application/json"]),
            answer.filter(str.isascii),
            st.integers(0, 2),
        ),
        "file": (st.lists(text, max_size=4), st.sampled_from(["", "v1"]), st.booleans()),
        "seal": (_BYTES16, st.sampled_from([2**1023 + 7, 2**959 + 3, 2**100 + 1]).map(str)),
        "gateway": (
            st.lists(
                st.tuples(status, st.sampled_from(["text/html", "application/json"]), answer),
                max_size=8,
            ).map(lambda found: [[200, "application/json", _REGISTERED], *found]),
            st.lists(st.sampled_from(calls), max_size=8).map(lambda found: ["register", *found]),
            st.sampled_from([False, False, False, True]),
        ),
    }
    return list(_each(kinds, {"gateway": 4})) + list(_overlong())


def _overlong() -> Iterator[list[Any]]:
    """Yield answers that are longer than a Thing holds in memory."""
    message = {"mid": "x", "msg": 'a"}\\' * 1500}
    settings = {"ssl": True}
    for value in (
        {"settings": settings, "msg": message, "mid": "7", "type": "APP"},
        {"mid": "7", "msg": [message] * 2, "type": "CMD", "settings": settings},
        {"settings": {"pool": "x" * 5000}, "msg": 1, "mid": "7", "type": "APP"},
        "<html>" + "Log in" * 1000,
    ):
        text = value if isinstance(value, str) else json.dumps(value)
        answers = [[200, "application/json", text], [200, "application/json", '{"settings":{}}']]
        opened = [[200, "application/json", _REGISTERED], *answers]
        yield ["gateway", opened, ["register", "management", "management"], False]


def _basic(value: Any) -> bool:
    """Tell whether no character lies beyond the basic plane.

    Escaped in an answer, such a character is two on a device: see `shown`.
    """
    return max(json.dumps(value, ensure_ascii=False)) <= "\uffff"


_READING = ("register", "reply", "reading", "report")
_REGISTERED = '{"token":"abc","epoch":1700000000,"salt":"s0"}'


def _each(
    kinds: dict[str, tuple[st.SearchStrategy[Any], ...]], times: dict[str, int]
) -> Iterator[list[Any]]:
    for name, strategies in kinds.items():
        count = RULES * times.get(name, 1)
        for values in drawn(st.tuples(*strategies), count):
            yield [name, *values]


def vectors() -> list[Any]:
    """Return keys, texts, and their ciphertexts by the AES of CPython's library."""
    text = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60)
    plain = text.filter(lambda found: not found.endswith("&"))
    crypto = LinuxCrypto()
    return [
        [key, found, encrypt(crypto.aes(bytes(key)), found)]
        for key, found in drawn(st.tuples(_BYTES16, plain), RULES)
    ]


SCENARIOS: dict[str, Callable[[], list[Any]]] = {
    "machine": machine,
    "rules": rules,
    "wire": wire,
    "life": life,
    "vectors": vectors,
}


def lines(name: str) -> str:
    """Return the cases of a scenario, a JSON value a line; all Pythons read its UTF-8 alike."""
    return "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in SCENARIOS[name]())

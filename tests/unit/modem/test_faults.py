"""Faults strike where and when they were asked for."""

from __future__ import annotations

import pytest

from app.modem.faults import FAULTS, Faults, WrongFault, parse


@pytest.mark.parametrize("name", FAULTS)
def test_always(name: str):
    faults = Faults([parse(name)])
    where = FAULTS[name][0]
    assert [faults.at(where) for _ in range(3)] == [name] * 3
    assert faults.at("elsewhere") == ""
    assert faults.struck == {name: 3}


def test_at_given_opportunities():
    faults = Faults([parse("601@2"), parse("hang@4-5")])
    assert [faults.at("request") for _ in range(6)] == ["", "601", "", "hang", "hang", ""]


def test_by_chance_and_the_same_each_time():
    def run(seed: int) -> list[str]:
        faults = Faults([parse("601:0.3"), parse("603:0.3")], seed)
        return [faults.at("request") for _ in range(200)]

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert 30 < run(1).count("601") < 90 < run(1).count("")


@pytest.mark.parametrize(
    "text", ["", "nothing", "601@", "601@0", "601@5-3", "601:2", "601:x", "601@x", ":1", "601:-1"]
)
def test_what_is_no_fault(text: str):
    with pytest.raises(WrongFault) as caught:
        parse(text)
    assert "one of" in str(caught.value) or "write" in str(caught.value)

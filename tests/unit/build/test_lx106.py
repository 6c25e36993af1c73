"""Estimates for an ESP8266, against figures measured once on an emulated one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from build import budget_stack, lx106

# The life of commit 4f4e9d5 on the simulated board: of each phase the deepest step.
OLD: dict[str, Any] = json.loads(
    Path(__file__).with_name("lx106_4f4e9d5.json").read_text(encoding="ascii")
)
WITHIN = 0.10


def old_depths() -> dict[str, int]:
    return budget_stack.Depths(str).of(iter(OLD["life"]))


def test_every_phase_that_was_measured_is_estimated() -> None:
    assert set(old_depths()) == set(OLD["stack"])


@pytest.mark.parametrize("phase", OLD["stack"])
def test_one_factor_comes_near_the_stack_of_each_phase(phase: str) -> None:
    measured = OLD["stack"][phase]
    assert lx106.stack(old_depths()[phase]) == pytest.approx(measured, rel=WITHIN)


@pytest.mark.parametrize("phase", OLD["heap"])
def test_one_factor_comes_near_the_heap_of_each_phase(phase: str) -> None:
    words, measured = OLD["heap"][phase]
    assert lx106.heap(words) == pytest.approx(measured, rel=WITHIN)


def test_a_thousand_bytes_stay_unused() -> None:
    assert lx106.OWN == 5600
    assert lx106.SDK + lx106.OWN + lx106.UNUSED <= lx106.STACK

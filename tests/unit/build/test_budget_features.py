"""The cost of each feature: documented as recorded, and within its allowance."""

from __future__ import annotations

import json

from build import budget, budget_features
from build.budget_features import BOARD, DOC, FEATURES, complaints, costs, documented

BUDGET = json.loads(budget.BUDGET.read_text(encoding="ascii"))
RECORDED = BUDGET["recorded"][BOARD]


def test_the_document_has_the_table_as_it_is_recorded() -> None:
    text = DOC.read_text(encoding="utf-8")
    assert documented(text, BUDGET) == text


def test_each_file_of_the_os_belongs_to_one_feature() -> None:
    files = sorted(file for found in FEATURES.values() for file in found)
    assert files == sorted(key[4:] for key in RECORDED if key.startswith("mpy_pt"))
    assert sum(costs(RECORDED).values()) == RECORDED["mpy"]


def test_each_feature_has_an_allowance_and_keeps_to_it() -> None:
    assert list(BUDGET["features"]) == list(FEATURES)
    assert complaints(RECORDED, BUDGET) == []


def test_a_feature_that_outgrows_its_allowance_is_told() -> None:
    allowed = BUDGET["features"]["patches"]
    said = complaints({"mpy_pt_patch": allowed + 1}, BUDGET)
    assert said == ["patches is %d, and its allowance is %d" % (allowed + 1, allowed)]


def test_what_is_to_come_has_room_kept_free() -> None:
    table = budget_features.table(BUDGET)
    assert "| to come: Improv | - | 1,600 |" in table
    assert "| patches | {:,} | ".format(RECORDED["mpy_pt_patch"]) in table

"""`pythings cloud fleet` and `thing`, against the running cloud, in a terminal of 80 columns."""

from __future__ import annotations

import pytest

from app.cli.cloud import main
from app.cloud.cli.table import Column, age, cells, cut, moment, table


def test_a_fleet_in_numbers(run, result, things, aid):
    result("thing", "expire", things[2].tid)
    result("thing", "set", things[0].tid, "--pool", "staging")
    it = result("fleet", "--app", aid)
    assert it["states"] == {"run": 2, "trouble": 1, "offline": 1, "new": 0}
    lines = run("fleet", "--app", aid)[1].splitlines()
    assert lines[0] == "4 Things: 2 in run, 1 in trouble, 1 off line, 0 new"
    assert [line.split() for line in lines[2:5]] == [
        ["APP", "POOL", "RUN", "TROUBLE", "OFFLINE", "NEW"],
        ["Test", "development", "1", "1", "1", "0"],
        ["Test", "staging", "1", "0", "0", "0"],
    ]
    assert ["Test", "1700000000", "4"] in [line.split() for line in lines]
    assert run("fleet", "--app", "none")[1] == (
        "0 Things: 0 in run, 0 in trouble, 0 off line, 0 new"
    )


def test_a_list_fits_the_terminal(run, things, aid):
    lines = run("thing", "list", "--app", aid)[1].splitlines()
    assert lines[0].split()[:3] == ["THING", "STATE", "HEARD"]
    assert len(lines) == 5
    assert all(cells(line) <= 80 and line.isprintable() for line in lines)
    assert aid in lines[4]
    (line,) = (line for line in lines if line.startswith("fails-"))
    assert " trouble " in line
    assert "ZeroDivision" in line


def test_a_list_in_a_wide_terminal_is_whole(run, things, aid, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    lines = run("thing", "list", "--app", aid)[1].splitlines()
    assert lines[0].split()[-4:] == ["VERSION", "OS", "PLATFORM", "TROUBLE"]
    assert "esp8266_sim800" in lines[1]
    assert r"\x1b[31m漢字é" * 10 in lines[2]


def test_filters_and_orders_of_a_list(result, things, aid):
    fine, fails, ended, plain = (it.tid for it in things)
    result("thing", "expire", ended)
    result("thing", "set", fine, "--pool", "staging")

    def tids(*arguments):
        return [row["tid"] for row in result("thing", "list", "--app", aid, *arguments)]

    assert tids() == [fine, fails, ended, plain]
    assert tids("--trouble") == [fails]
    assert tids("--offline") == tids("--state", "offline") == [ended]
    assert tids("--pool", "staging") == [fine]
    assert tids("--text", "FAILS-") == [fails]
    assert tids("--version", "1700000000", "--platform", "esp8266_sim800") == tids()
    assert tids("--os", "v0") == []
    assert tids("--sort=-tid") == sorted(tids(), reverse=True)
    assert tids("--sort=-state", "--state", "run")[0] == fine


def test_an_order_that_there_is_not(run, capsys):
    with pytest.raises(SystemExit):
        main(["thing", "list", "--sort", "age"])
    assert "'age' is none of id, tid, state" in capsys.readouterr().err


def test_all_of_a_thing(run, result, things):
    text = run("thing", "show", things[1].tid)[1]
    assert text.startswith(f"{things[1].tid}  trouble, heard ")
    assert "wanted: " in text
    assert '"worker_interval": "300"' in text
    assert result("thing", "show", things[1].tid)["state"] == "trouble"
    status, _, error = run("thing", "show", "nope")
    assert (status, "no Thing nope" in error) == (1, True)


def test_columns_are_dropped_then_cut():
    columns = (Column("A"), Column("B", drop=1), Column("C", least=4), Column("D"))
    rows = [["aaa", "bbbbb", "ccccccccc", ""], ["a", "b", "c", ""]]
    assert table(columns, rows, 0) == ["A    B      C", "aaa  bbbbb  ccccccccc", "a    b      c"]
    assert table(columns, rows, 17) == ["A    B      C", "aaa  bbbbb  cc...", "a    b      c"]
    assert table(columns, rows, 14) == ["A    C", "aaa  ccccccccc", "a    c"]
    assert table(columns, rows, 6)[1] == "aaa..."
    assert table(columns, [], 9) == [""]


def test_texts_in_cells():
    assert [cells(text) for text in ("abc", "漢字", "e\u0301")] == [3, 4, 1]
    assert (cut("漢字漢字", 7), cut("abc", 2), cut("abc", 3)) == ("漢字...", "..", "abc")
    assert moment(1_700_000_000.5) == "2023-11-14 22:13:20.500Z"
    assert (moment(0), moment(-1.0), moment(1e300)[:3]) == (
        "1970-01-01 00:00:00Z", "1969-12-31 23:59:59Z", "100",
    )  # fmt: skip
    ages = (None, 99.0, 50.0, -100.0, -9900.0, -1e6)
    assert [age(at, 90.0) for at in ages] == ["", "0 s", "40 s", "3 min", "2 h", "11 d"]

"""A small fleet: the same traces as with waits of a second, the same bytes each time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import fleet as cli
from tests.fleet import fleet
from tests.fleet.fleet import simulate
from tests.fleet.member import BAD, Member, Seen
from tests.fleet.scenario import Scenario, make

OUTAGE = Scenario(things=100, interval=30, at=180, outage=90, after=390, flaky=0.01)


def short(**values):
    return make({"things": 40, "interval": 30, "at": 180, "after": 400, **values})


def figures_of(*flags, capsys):
    status = cli.main([*flags, "--processes", "1", "--json"])
    return status, json.loads(capsys.readouterr().out)


@pytest.mark.slow
def test_a_hundred_things_do_the_same_as_with_waits_of_a_second():
    found = simulate(OUTAGE, 1)
    each_second = Seen()
    for number in range(OUTAGE.things):
        Member(OUTAGE, number, each_second).live()
    assert found.calls == each_second.calls
    assert found.back == each_second.back
    assert sum(found.back.values()) == OUTAGE.things


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_in_any_number_of_processes(tmp_path, capsys):
    flags = ["--things", "60", "--interval", "30", "--at", "180", "--outage", "60"]
    flags += ["--after", "400", "--json"]
    rows = []
    for name, more in (("1", ["--processes", "1"]), ("2", ["--processes", "2"])):
        picture = tmp_path / name
        cli.main([*flags, *more, "--svg", str(picture)])
        rows.append((capsys.readouterr().out, picture.read_bytes()))
    assert rows[0] == rows[1]
    assert b"fixed 3 s retry" in rows[0][1]
    cli.main([*flags, "--processes", "1", "--seed", "2"])
    assert capsys.readouterr().out != rows[0][0]


def test_all_readings_of_an_outage_arrive():
    found = simulate(short(outage=120), 1)
    assert found.readings == found.delivered > 40 * 20
    assert max(found.back) <= 330


def test_a_bad_release_is_taken_back_and_a_good_one_stays():
    found = simulate(short(release=0.5, bad_release=0.25), 1)
    shares: dict[str, int] = {}
    for (_, version), change in found.versions.items():
        shares[version] = shares.get(version, 0) + change
    assert shares["2"] + shares["1"] == 40
    assert 10 < shares["2"] < 30
    assert not shares.get(BAD)


@pytest.mark.parametrize(
    "events", [{"power_cut": 0.5}, {"routers": 10}, {"slow": 3000}, {"clock_step": -86400}]
)
def test_other_events_leave_all_at_work(events):
    found = simulate(short(**events), 1)
    late = [second for second, name in found.calls if name == "management"]
    assert max(late) > 180 + 400 - 31
    assert found.things == 40


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--things", "0"], "things is 0, and has to be 1 to 10000000"),
        (["--flaky", "2"], "flaky is 2.0"),
        (["--scenario", "{file}"], "there is no setting 'thing'"),
        (["--scenario", "nowhere.json"], "nowhere.json cannot be read"),
    ],
)
def test_a_scenario_that_makes_no_sense_is_told(flags, text, tmp_path, capsys):
    path = tmp_path / "scenario.json"
    path.write_text('{"thing": 3}')
    assert cli.main([flag.format(file=path) for flag in flags]) == 2
    assert text in capsys.readouterr().err


def test_the_report_of_a_file_s_scenario(tmp_path, capsys):
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps({"things": 20, "interval": 30, "at": 180, "after": 60}))
    assert cli.main(["--scenario", str(path), "--processes", "1"]) in (0, 1)
    out = capsys.readouterr().out
    assert "20 Things for 240 s, seed 1" in out
    assert "versions 1: 100.0 %" in out


def test_without_a_checkout_it_says_where_to_run_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(cli, "_ROOT", tmp_path)
    assert cli.main(["--things", "3"]) == 1
    assert "run it in a checkout of the sources" in capsys.readouterr().err


def test_a_fixed_retry_is_a_sample():
    found = simulate(short(things=8, outage=60), 1, fixed=True)
    refused = sum(calls for (_, name), calls in found.calls.items() if name == "refused")
    assert refused > 8 * 60 / fleet.FIXED_MS * 1000 / 2


@pytest.mark.slow
def test_the_command_itself_may_use_several_processes(tmp_path):
    """Its script has no guard against being run again by them."""
    script = tmp_path / "script.py"
    script.write_text("import sys\nfrom app.cli.fleet import main\nsys.exit(main(sys.argv[1:]))\n")
    command = [sys.executable, str(script), "--things", "52", "--interval", "30", "--at", "180"]
    command += ["--after", "60", "--processes", "2", "--json"]
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["things"] == 52, done.stderr

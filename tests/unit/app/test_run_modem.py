"""`pythings run --modem`: what can never work is said at once; what is given arrives."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from adapters.ways import Ways
from app.boards.cellular import Cellular, no_pins, way
from app.boards.linux import compose
from app.commands import run, runoptions
from domain.errors import LinkError
from tests.fakes.link import FakeLink
from tests.fakes.transport import FakeTransport


@pytest.mark.parametrize(
    ("arguments", "mention"),
    [
        (["--modem", "/dev/x", "--apn", 'a"b'], "no quote"),
        (["--modem", "/dev/x", "--sim-pin", "12"], "4 to 8 digits"),
        (["--modem-only"], "--modem PORT"),
    ],
)
def test_wrong_usage(arguments, mention, tmp_path: Path, capsys):
    assert run.main(["--root", str(tmp_path), "--aid", "a", *arguments]) == 2
    assert mention in capsys.readouterr().err


def test_from_the_environment(monkeypatch):
    options = runoptions.parser(["linux"]).parse_args([])
    assert runoptions.modem(options) is None
    monkeypatch.setenv("PYTHINGS_MODEM", "/dev/x")
    monkeypatch.setenv("PYTHINGS_SIM_PIN", "1234")
    assert runoptions.modem(options) == Cellular("/dev/x", pin="1234")


def test_compositions(tmp_path: Path):
    for modem, kinds in (
        (None, ["host"]),
        (Cellular("/dev/x"), ["host", "cellular"]),
        (Cellular("/dev/x", only=True), ["cellular"]),
    ):
        output = io.StringIO()
        thing = compose(str(tmp_path), {}, output, as_json=True, modem=modem)
        assert [link.status()["kind"] for link in thing.links] == kinds
        assert ("no certificate" in output.getvalue()) is (modem is not None)


def test_a_linux_modem_has_no_pins():
    assert no_pins("key", 1) is False
    link, _ = way(Cellular("/dev/nothing-there", "internet"))
    with pytest.raises(LinkError, match="nothing-there"):
        link.up("cloud.example")


def ways():
    links = [FakeLink("host"), FakeLink("cellular")]
    transports = [FakeTransport(), FakeTransport()]
    return Ways(list(zip(links, transports))), links, transports


def test_requests_go_over_the_link_that_came_up_last():
    made, links, transports = ways()
    made.use("cloud.example", True)
    made.links[1].up("cloud.example")
    transports[1].answers.append((200, "", b"by modem"))
    assert made.post("/x", b"1", 10)[2] == b"by modem"
    made.links[0].up("cloud.example")
    transports[0].answers.append((200, "", b"by host"))
    assert made.post("/x", b"2", 10)[2] == b"by host"
    made.close()
    assert [link.hosts for link in links] == [["cloud.example"]] * 2


def test_a_link_that_leads_nowhere_is_left_out_once():
    made, links, transports = ways()
    made.use("cloud.example", True)
    made.links[0].up("cloud.example")
    transports[0].answers.append(LinkError("timeout", "nobody is there - look after it"))
    with pytest.raises(LinkError):
        made.post("/x", b"", 10)
    with pytest.raises(LinkError, match="the next one"):
        made.links[0].up("cloud.example")
    made.links[0].up("cloud.example")
    transports[0].answers.append((200, "", b"again"))
    assert made.post("/x", b"", 10)[2] == b"again"
    made.links[0].up("cloud.example")
    made.links[0].down()
    assert (links[0].downs, made.links[0].status()["up"]) == (1, False)
    assert made.links[0].scan() == []

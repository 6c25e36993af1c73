"""A man in the middle hears nothing from a Thing that verifies certificates."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.contract.servers import Authority
from tests.e2e.conftest import World
from tests.e2e.impostor import Impostor
from tests.patience import PATIENCE_S

LINUX = pytest.param("linux", "--ca")
ESP32 = pytest.param(
    "esp32",
    "file ca",
    marks=pytest.mark.skipif(
        importlib.util.find_spec("micropython_unix") is None,
        reason="MicroPython's unix port is not installed",
    ),
)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Return the authority that the Thing trusts."""
    return Authority(tmp_path)


def begun(stage: World, board: str, authority: Authority, server: Impostor) -> World:
    """Start a Thing that talks to that server."""
    stage.board = board
    backend = "https://127.0.0.1:%d" % server.port
    stage.start_thing("--tid", "t", "--aid", "a", "--ca", authority.ca, backend=backend)
    return stage


@pytest.mark.parametrize("fault", ["self-signed", "of another authority", "for another host"])
@pytest.mark.parametrize(("board", "hint"), [LINUX, ESP32])
def test_a_man_in_the_middle(
    stage: World, authority: Authority, tmp_path: Path, board: str, hint: str, fault: str
) -> None:
    if fault == "self-signed":
        context = authority.server("127.0.0.1", self_signed=True)
    elif fault == "for another host":
        context = authority.server("127.0.0.2", "localhost")
    else:
        (tmp_path / "other").mkdir()
        context = Authority(tmp_path / "other").server("127.0.0.1")
    stage.start_cloud()  # the Thing is given this cloud's public key
    with Impostor(context) as impostor:
        refused = begun(stage, board, authority, impostor).thing_tells(
            "the refusal", event="unreachable"
        )
        assert impostor.refused.wait(PATIENCE_S)
    assert refused["code"] == "tls"
    assert hint in refused["text"]
    assert impostor.heard == []  # not a byte arrived


@pytest.mark.parametrize(("board", "hint"), [LINUX, ESP32])
def test_whom_the_authority_vouches_for_is_spoken_to(
    stage: World, authority: Authority, board: str, hint: str
) -> None:
    stage.start_cloud()
    with Impostor(authority.server("127.0.0.1")) as server:
        begun(stage, board, authority, server)
        assert server.heard_one.wait(PATIENCE_S)
    assert server.heard[0].startswith(b"POST /api/v1/things/")


@pytest.mark.skipif(
    importlib.util.find_spec("micropython_unix") is None,
    reason="MicroPython's unix port is not installed",
)
def test_a_board_that_does_not_know_the_date_waits_for_a_time_server(
    stage: World, authority: Authority
) -> None:
    stage.start_cloud()
    with Impostor(authority.server("127.0.0.1")) as server:
        begun(stage, "esp32", authority, server)
        assert server.heard_one.wait(PATIENCE_S)
        stage.order("ntp down")
        since = stage.order("power cycle")
        stage.thing_tells("the power", since, event="board_reset", cause="power_on")
        refused = stage.thing_tells("the refusal", since, event="unreachable", code="tls")
        assert "file ntp" in refused["text"]
        server.heard_one.clear()
        stage.order("ntp up")
        assert server.heard_one.wait(PATIENCE_S)

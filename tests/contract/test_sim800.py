"""The SIM800's link and transport keep their ports' contracts, on a simulated modem."""

from __future__ import annotations

import pytest

from app.modem.internet import HttpAnswer, Request
from ports.link import Link
from tests.contract import check_link, check_transport
from tests.fakes.modem import Bench


def make_link(code: str) -> Link:
    return Bench(network="none" if code == "no_link" else "home").link


@pytest.mark.parametrize("check", check_link.CHECKS, ids=lambda check: check.__name__)
def test_link_contract(check) -> None:
    check(make_link)


def make_transport(*answers: check_transport.Answer):
    waiting, sent = list(answers), []

    def serve(request: Request) -> HttpAnswer:
        assert request.url == "cloud.example" + check_transport.PATH
        status, kind, body = waiting.pop(0)
        sent.append(request.body or b"")
        head = "HTTP/1.1 %d Reason\r\nServer: x\r\n" % status
        head += "Content-Type: %s; charset=utf-8\r\n" % kind if kind else ""
        return HttpAnswer(status, head.encode() + b"\r\n", body)

    return Bench(serve=serve).transport, sent


@pytest.mark.parametrize("check", check_transport.CHECKS, ids=lambda check: check.__name__)
def test_transport_contract(check) -> None:
    check(make_transport)

"""Before every page: a visitor without a session is refused, and only own scripts run."""

from __future__ import annotations

import re

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute

from app.cloud.hosts import Hosts
from app.console.door import LoginRoutes, Wrong
from app.console.guard import COOKIE, LoginGuard
from tests.unit.console.visitor import Visitor

PAGE = "<html><script>a</script><p>&lt;script>x</p><script src=x></script></html>"
CODE = "ABCD-EFGH"


class Keeper:
    """One account, in memory."""

    def __init__(self) -> None:
        self.known: tuple[str, str] | None = None
        self.tokens: set[str] = set()

    async def has_owner(self) -> bool:
        return self.known is not None

    async def make_owner(self, name: str, password: str) -> None:
        if len(password) < 8:
            raise Wrong("a password is longer")
        self.known = (name, password)

    async def log_in(self, name: str, password: str, address: str) -> str:
        if (name, password) != self.known:
            raise Wrong("the name or the password is wrong")
        self.tokens.add("token")
        return "token"

    async def log_out(self, token: str) -> None:
        self.tokens.discard(token)

    async def actor_of(self, token: str) -> str | None:
        return "ada" if token in self.tokens else None


@pytest.fixture
def keeper():
    return Keeper()


def client(keeper: Keeper, address: str = "127.0.0.1") -> Visitor:
    async def page(request):
        return HTMLResponse(PAGE, headers={"X-Who": request.state.actor})

    async def socket(websocket):
        await websocket.accept()
        await websocket.close()

    async def public(_request):
        return PlainTextResponse("p {}", media_type="text/css")

    routes = [
        Route("/", page),
        WebSocketRoute("/ws", socket),
        Mount("/static", routes=[Route("/console.css", public)]),
    ]
    app = Starlette(routes=[*LoginRoutes(keeper, CODE, False).routes(), *routes])
    guard = LoginGuard(app, Hosts(), keeper.actor_of)
    return Visitor(guard, address)


FORM = {"name": "ada", "password": "long enough"}


def test_nobody_comes_in_without_a_session(keeper):
    browser = client(keeper)
    for path in ("/", "/any/where", "/static/", "/static/../x", "/doors", "/door/../x"):
        answer = browser.get(path)
        assert (answer.status, answer.headers["location"]) == (303, "/door"), path
    assert browser.socket("/ws") == ["websocket.close"]
    assert browser.get("/static/console.css").status == 200


def test_the_first_visitor_becomes_the_owner_and_the_second_does_not(keeper):
    browser = client(keeper)
    assert "Make your account" in browser.get("/door").text
    entered = browser.post("/door/owner", **FORM)
    assert (entered.status, entered.headers["location"]) == (303, "/")
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert browser.get("/").headers["x-who"] == "ada"
    assert browser.socket("/ws") == ["websocket.accept", "websocket.close"]
    other = client(keeper)
    assert "Log in" in other.get("/door").text
    assert other.post("/door/owner", **{**FORM, "name": "eve"}).status == 403
    assert keeper.known == ("ada", "long enough")
    assert other.post("/door/in", **{**FORM, "password": "wrong"}).status == 403
    assert other.post("/door/in", **FORM).status == 303
    browser.post("/door/out")
    assert browser.get("/").status == 303


def test_from_another_machine_the_code_is_asked_for(keeper):
    browser = client(keeper, "192.168.1.7")
    assert 'name="code"' in browser.get("/door").text
    for code in ("", "WRONG", "\u00c4\u00d6"):
        assert browser.post("/door/owner", **FORM, code=code).status == 403
        assert keeper.known is None
    assert browser.post("/door/owner", **FORM, code="abcd-efgh").status == 303
    assert keeper.known is not None


def test_what_a_visitor_typed_becomes_no_markup(keeper):
    answer = client(keeper).post("/door/owner", name='"><script>x', password="1")
    assert "<script" not in answer.text
    assert "&quot;&gt;&lt;script&gt;x" in answer.text


def test_a_form_that_is_too_long_makes_no_account(keeper):
    client(keeper).post("/door/owner", name="x" * 10_000, password="long enough")
    assert keeper.known is None or keeper.known[0] == ""


def test_a_page_of_another_site_is_refused(keeper):
    browser = client(keeper)
    assert browser.post("/door/owner", origin="http://evil.example", **FORM).status == 403
    assert browser.get("/door", host="evil.example").status == 421
    assert keeper.known is None


def test_each_script_of_a_page_carries_the_number_of_its_policy(keeper):
    browser = client(keeper)
    browser.post("/door/owner", **FORM)
    first, second = browser.get("/"), browser.get("/")
    policy = first.headers["content-security-policy"]
    (nonce,) = re.findall("'nonce-([^']+)'", policy)
    assert first.text.count(f'<script nonce="{nonce}"') == 2
    assert "&lt;script>x" in first.text
    assert int(first.headers["content-length"]) == len(first.text)
    assert nonce not in second.text
    assert "unsafe-inline" not in policy.split("style-src")[0]
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in policy
    assert first.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("cookie", ["", f"{COOKIE}=", f"{COOKIE}=x", "=;;,", "a" * 5000])
def test_a_cookie_that_is_none_is_nobodys(keeper, cookie):
    assert client(keeper).get("/", cookie=cookie).status == 303

"""The calls of a page with the rights of its session."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from app.cloud.database.connection import Unavailable
from app.cloud.manage.service.office import Actor, Listing, Refused
from app.console.access import MOST, CloudAccess, Refusal
from app.console.rollouts import Rollouts

THINGS = list(range(MOST + 1))


class Cloud:
    """Two services of a cloud, of which the actors that call them are kept."""

    def __init__(self, *actors: Actor | None) -> None:
        self.actors = list(actors)
        self.called: list[Actor] = []
        self.logins = SimpleNamespace(by_session=self.by_session)
        self.rollouts = SimpleNamespace(things=self.things)

    async def by_session(self, token: str) -> Actor | None:
        assert token == "token"
        return self.actors.pop(0)

    async def things(self, actor: Actor, rollout_id: int, page) -> Listing[int]:
        self.called.append(actor)
        part = THINGS[page.offset : page.offset + page.limit]
        return Listing(part, len(THINGS), page.offset, page.limit)


def rollouts(cloud: Any, actor: Actor, token: str | None = None) -> Any:
    return Rollouts(cloud, actor, token)


def test_each_call_has_the_rights_of_that_moment():
    before, after = Actor("ada", 1, owner=True), Actor("ada", 1)
    cloud = Cloud(after, after)
    its = rollouts(cloud, before, "token")
    assert asyncio.run(its.things(7)) == THINGS
    assert cloud.called == [after, after]
    assert its.actor is after


def test_after_the_session_nothing_is_called():
    cloud = Cloud(None, None)
    its = rollouts(cloud, Actor("ada", 1, owner=True), "token")
    for call in (its.things(7), its.alive()):
        with pytest.raises(Refusal, match="Log in again") as refused:
            asyncio.run(call)
        assert refused.value.status == 401
    assert cloud.called == []


def test_without_a_session_the_rights_stay():
    local = Actor("(data folder)", owner=True)
    cloud = Cloud()
    asyncio.run(rollouts(cloud, local).things(7))
    assert cloud.called == [local, local]


@pytest.mark.parametrize(
    ("error", "text", "status"),
    [
        (Refused(409, "no, not now"), "No, not now.", 409),
        (Unavailable("gone"), "The database does not answer", 503),
    ],
)
def test_errors_become_sentences(error, text, status):
    nothing: Any = Cloud()

    async def fails(_actor: Actor) -> None:
        raise error

    with pytest.raises(Refusal, match=text) as refused:
        asyncio.run(CloudAccess(nothing, Actor("ada"))._call(fails))
    assert refused.value.status == status

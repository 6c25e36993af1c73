"""A rollout: its stages, the course of each of its Things, and the ways to change it."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping

from nicegui import ui

from app.cloud.manage.service.apps import AppInfo
from app.cloud.manage.service.rollouts import RolloutInfo, RolloutThing
from app.cloud.rollouts import rules
from app.console import plans
from app.console.access import Refusal
from app.console.desk import Desk
from app.console.live import Live
from app.console.page import button, empty, facts, link, moment, pill, refill, text
from app.console.rollouts import Rollouts
from app.console.rows import address_of
from app.console.shell import View, frame
from app.console.views.rollout_actions import Actions

_LOOK_S = 2.0  # between two looks: the cloud evaluates a rollout every few seconds
_MOST = 100  # Things in the list
_ALL = ""


def register(desk: Desk, routes: dict[str, View]) -> None:
    """Add the view to those by path."""

    async def rollout(number: str) -> None:
        with frame("Rollout", "/rollouts"):
            its = desk.rollouts()
            try:
                it = await its.get(_number(number))
                app = next(app for app in await its.apps() if app.aid == it.aid)
            except (Refusal, StopIteration):
                with (
                    ui.element("div").classes("card"),
                    empty("No such rollout", "It is none of yours, or so old that it was dropped."),
                ):
                    button("All rollouts", lambda: ui.navigate.to("/rollouts"))
                return
            page = _Page(desk, its, it, app)
            await page.look()

    routes["/rollouts/{number}"] = rollout


def _number(text: str) -> int:
    """Return the number in the page's address; raise Refusal for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refusal("A rollout has a number.", 404)
    return int(text)


def title(it: RolloutInfo) -> str:
    """Return a rollout in a few words."""
    return f"{'OS ' if it.what == 'os' else ''}{it.version} to {it.pool}"


def bar(things: Mapping[str, int]) -> None:
    """Show the numbers of Things by outcome, as a bar."""
    counted = plans.counted(things)
    label = ", ".join(f"{count} {plans.WORDS[did]}" for did, count in counted) or "none yet"
    with ui.element("div").classes("bar").props("role=img") as it:
        it.props["aria-label"] = it.props["title"] = label
        for did, count in counted:
            ui.element("span").classes(plans.kind_of(did)).style(f"flex-grow: {count}")


class _Page:
    """The page of one rollout, kept up to date while it is open."""

    def __init__(self, desk: Desk, its: Rollouts, it: RolloutInfo, app: AppInfo) -> None:
        self._desk, self._its, self._id = desk, its, it.id
        self._it, self._things = it, list[RolloutThing]()
        self._only = _ALL
        self._looking = asyncio.Lock()
        self._shown: object = None
        with ui.element("div").classes("head"):
            text("h1", title(it), "wrap")
            self._state = ui.element("span").props('aria-live="polite"')
            ui.element("span").classes("grow")
            self._actions = Actions(its, app, self.look) if app.role != "viewer" else None
        self._about = ui.element("div").classes("trouble").props('aria-live="polite"')
        with ui.element("div").classes("columns"):
            with ui.element("section").classes("card"):
                text("h2", "Its Things")
                self._bar = ui.element("div").classes("course")
                self._filters = ui.element("div").classes("line chips")
                self._list = ui.element("div").props('aria-live="polite"')
            with ui.element("div").classes("stack"):
                with ui.element("section").classes("card"):
                    text("h2", "Stages")
                    self._stages = ui.element("ol").classes("stages")
                with ui.element("section").classes("card"):
                    text("h2", "About it")
                    facts(_facts(it, app))
        Live(desk.watch, self._is_about, self.look)
        ui.timer(_LOOK_S, self.look, immediate=False)

    def _is_about(self, tids: list[str]) -> bool:
        return any(thing.tid in tids for thing in self._things)

    async def look(self) -> None:
        """Read the rollout, and show its current state."""
        async with self._looking:
            try:
                it = await self._its.get(self._id)
                if it != self._it or not self._things:
                    self._things = plans.ordered(await self._its.things(self._id))
            except Refusal:
                return  # the next look may succeed
            self._it = it
            self._show()

    def _show(self) -> None:
        it = self._it
        courses = [self._course(thing) for thing in self._things]
        shown = (it, self._only, self._things, courses)
        if shown == self._shown:
            return
        self._shown = shown
        refill(self._state, lambda: pill(it.state.replace("_", " "), plans.STATES[it.state]))
        refill(self._about, lambda: _about(it))
        if self._actions:
            self._actions.show(it)
        refill(self._stages, lambda: _stages(it))
        refill(self._bar, lambda: bar(it.things))
        refill(self._filters, self._chips)
        refill(self._list, lambda: self._rows(courses))

    def _course(self, thing: RolloutThing) -> plans.Course:
        return plans.course_of(thing, self._desk.watch.calls(thing.tid), self._it.version)

    def _chips(self) -> None:
        counted = plans.counted(self._it.things)
        if not counted:
            return
        for did, count in [(_ALL, sum(count for _, count in counted)), *counted]:
            word = plans.WORDS.get(did, "all")
            chip = text("button", f"{word} {count:,}", f"pill chip {plans.kind_of(did)}")
            chip.props(f"type=button aria-pressed={str(did == self._only).lower()}")
            chip.on("click", functools.partial(self._choose, did))

    def _choose(self, did: str) -> None:
        self._only = did
        self._show()

    def _rows(self, courses: list[plans.Course]) -> None:
        rows = [
            (thing, course)
            for thing, course in zip(self._things, courses, strict=True)
            if self._only in (_ALL, thing.did)
        ]
        if not self._things:
            text("p", "None was asked yet. Things are chosen as they call.", "soft")
        for thing, course in rows[:_MOST]:
            _row(thing, course)
        if len(rows) > _MOST:
            text("p", f"and {plans.many(len(rows) - _MOST)} more", "soft small")


def _row(thing: RolloutThing, course: plans.Course) -> None:
    with ui.element("div").classes("row-line"):
        link(address_of(thing.tid), thing.tid, "grow wrap")
        text("span", moment(thing.changed), "soft small at")
        pill(course.word, course.kind)
        if thing.detail and thing.did in rules.TROUBLE:
            text("div", thing.detail, "pre small wrap trouble-text")


def _about(it: RolloutInfo) -> None:
    advice = plans.advice(it)
    if not (advice or it.reason):
        return
    bad = " bad" if it.state == rules.HALTED else ""
    with ui.element("div").classes(f"note{bad}").props("role=alert" if bad else ""):
        if it.reason:
            text("div", f"{it.state.replace('_', ' ').capitalize()}: {it.reason}.", "wrap strong")
        if advice:
            text("div", advice, "wrap")


def _stages(it: RolloutInfo) -> None:
    over = it.state == rules.DONE
    for at, percent in enumerate(it.shares):
        place, told = "", ""
        if over or at < it.stage:
            place, told = "past", "passed"
        elif at == it.stage:
            place, told = "now", f"since {moment(it.since)}"
        with ui.element("li").classes(place):
            text("span", plans.share(percent).capitalize())
            text("span", told, "soft small")


def _facts(it: RolloutInfo, app: AppInfo) -> list[tuple[str, str]]:
    return [
        ("App", app.name),
        ("Pool", it.pool),
        ("OS release" if it.what == "os" else "App version", it.version),
        ("Before", it.before or "none"),
        ("Goes on", f"with {it.confirm} % confirmed within {plans.duration(it.within)}"),
        ("Halts", f"with more than {it.trouble} % in trouble, or when that time is over"),
        ("Started", f"{moment(it.started)} by {it.by}"),
        ("Ended", moment(it.ended) if it.ended is not None else ""),
    ]

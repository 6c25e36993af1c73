"""The management of a cloud: the services behind its HTTP routes, commands and web console.

Each call takes an `Actor`, which `logins` returns and which sees only its own apps. The call gives
frozen dataclasses, runs in the threads of the database, and raises `Refused` (with an HTTP status
and a text that says why) or `Unavailable` (the database does not answer; nothing has happened).
Lists take a `Page(offset, limit, sort)` and return a `Listing(items, total, offset, limit)`. Times
are seconds since 1970 UTC.

    manage.logins     log_in(name, password, address) -> Login(token, csrf, name, expires)
                      log_out(token); by_session(token), by_token(token) -> Actor | None
                      by_password(name, password, address) -> Actor | None
    manage.apps       find(actor, page, text), get(actor, aid), create(actor, name) -> AppInfo
                      roles(actor, aid) -> {name: role}; set_role(actor, aid, name, role | None)
    manage.versions   find(actor, aid, page) -> VersionInfo
                      files(actor, aid, version) -> {name: text}
                      file(actor, aid, version, name) -> text; diff(actor, aid, before, after)
                      commit(actor, aid, {name: text}, version | None, newest | None)
                      -> version
    manage.pools      find(actor, aid) -> {name: PoolInfo}
                      set(actor, aid, pool, settings, remove=, latest=, keep_readings=)
                      promote(actor, aid, source, target) -> Promotion
    manage.fleet      count(actor, ThingFilter) -> FleetInfo
    manage.things     find(actor, page, ThingFilter), get(actor, tid) -> ThingInfo
                      history(actor, tid, after, limit) -> [Event]
                      set(actor, tid, settings, remove=, custom=, aid=, pool=, tag=, untag=)
                      -> ThingInfo
                      set_many(actor, tids, ...) -> [ThingInfo]; remove(actor, tid) -> readings
                      expire(actor, tid) -> number; admit(actor, tid, fingerprint) -> ThingInfo
    manage.replacements
                      replace(actor, tid, new_tid, force) -> ThingInfo
    manage.readings   find(actor, tid, start, end, limit, newest) -> [Reading(ts, msg, received)]
                      buckets(actor, tid, field, start, end, step) -> [Bucket]
                      await export(actor, tid, "csv" | "jsonl", start, end) -> async texts
                      await chunks(actor, tid, first, end) -> async lists of Reading
    manage.messages   find(actor, tid, page, status) -> Message; queue(actor, tid, kind, msg) -> mid
                      get(actor, tid, mid, wait_s) -> Message; cancel(actor, tid, mids) -> [mid]
                      named(actor, mid) -> Message; attend(actor, tid) -> until
    manage.events     after(actor, event_id, limit, wait_s, tid, newest) -> [Event]
                      await stream(actor, event_id) -> async lists of Event
    manage.releases   find(actor) -> [ReleaseInfo]
    manage.rollouts   start(actor, aid, pool, Wish, things), get(actor, rollout_id) -> RolloutInfo
                      find(actor, page, aid), things(actor, rollout_id, page) -> RolloutThing
                      pause(...), resume(...), abort(...), roll_back(actor, rollout_id, to)
    manage.alarms     add(actor, aid, pool, AlarmWish), get(actor, alarm_id) -> AlarmInfo
                      find(actor, page, aid), things(actor, alarm_id, page) -> AlarmThing
                      events(actor, alarm_id, page) -> AlarmNotice; test(...), remove(...)
                      set_active(actor, alarm_id, bool) -> AlarmInfo
    manage.raised     find(actor, page, aid) -> RaisedAlarm
                      acknowledge(actor, alarm_id, tid) -> number
    manage.people     has_owner(); find(actor) -> [PersonInfo]; add(actor, name, password, owner)
                      set_password(actor, name, password, old, address) with one's own `old`
                      set_active(actor, name, bool) -> PersonInfo
                      tokens(actor) -> [TokenInfo]; make_token(actor, name, role, days) -> text
                      revoke_token(actor, token_id)
    manage.accounts   key(); find(actor) -> [Account]; set_limits(...); close_name(actor, name)
                      audit(actor, before, limit, aid, text) -> [Entry], newest first
"""

from __future__ import annotations

from app.cloud.cloud import Cloud
from app.cloud.manage.service.accounts import AccountService
from app.cloud.manage.service.alarms import AlarmService
from app.cloud.manage.service.apps import AppService
from app.cloud.manage.service.events import EventService
from app.cloud.manage.service.fleet import FleetService
from app.cloud.manage.service.logins import LoginService
from app.cloud.manage.service.messages import MessageService
from app.cloud.manage.service.office import Office
from app.cloud.manage.service.people import PeopleService
from app.cloud.manage.service.pools import PoolService
from app.cloud.manage.service.raised import RaisedService
from app.cloud.manage.service.readings import ReadingService
from app.cloud.manage.service.releases import ReleaseService
from app.cloud.manage.service.replacements import ReplacementService
from app.cloud.manage.service.rollouts import RolloutService
from app.cloud.manage.service.things import ThingService
from app.cloud.manage.service.versions import VersionService
from app.cloud.reader import Reader
from app.cloud.writer import Writer


class Management:
    """All services of one cloud; `local` is the secret in its data folder."""

    def __init__(self, cloud: Cloud, writer: Writer, reader: Reader, local: str) -> None:
        office = Office(cloud, writer, reader)
        self.accounts = AccountService(office)
        self.alarms = AlarmService(office)
        self.apps = AppService(office)
        self.events = EventService(office)
        self.fleet = FleetService(office)
        self.logins = LoginService(office, local)
        self.messages = MessageService(office)
        self.people = PeopleService(office, self.logins)
        self.pools = PoolService(office)
        self.raised = RaisedService(office)
        self.readings = ReadingService(office)
        self.releases = ReleaseService(office)
        self.replacements = ReplacementService(office)
        self.rollouts = RolloutService(office)
        self.things = ThingService(office)
        self.versions = VersionService(office)

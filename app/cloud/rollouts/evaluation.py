"""The evaluation of open rollouts: looks at their Things, chooses further ones, goes on or halts.

All state is in the database: any process may do it, and one at a time does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.cloud.cloud import Cloud
from app.cloud.rollouts import rules
from app.cloud.tables.pools import merged
from app.cloud.tables.rollouts import Rollout

EVERY_S = 5.0
_AT_ONCE = 200  # Things chosen in one transaction: calls wait for it
_AUTHOR = "(cloud)"


@dataclass(frozen=True)
class _Look:
    """The Things of a rollout: `have` may be asked, of which `counted` are not excused; `gone`
    have left or fallen silent before they were asked."""

    have: int
    counted: int
    confirmed: int
    trouble: int
    gone: list[int]


def evaluate_all(cloud: Cloud, every_s: float = EVERY_S) -> None:
    """Evaluate the open rollouts that are due."""
    for number in cloud.store.rollouts.open():
        evaluate(cloud, number, every_s)


def evaluate(cloud: Cloud, rollout_id: int, every_s: float = 0.0) -> None:
    """Evaluate an open rollout, unless that was done less than `every_s` seconds ago."""
    now = cloud.clock()
    if not cloud.store.rollouts.claim(rollout_id, now, every_s):
        return
    it = cloud.store.rollouts.get(rollout_id)
    assert it is not None  # it is claimed
    look = _looked(cloud, it, now)
    if it.state != rules.RUNNING:
        return
    size = look.counted + _chosen(cloud, it, look, now)
    tally = rules.Tally(size, look.confirmed, look.trouble)
    event, reason = rules.step(it.plan, it.stage, now - it.since, tally)
    if event:
        _go(cloud, it, event, reason, now)
    if event == rules.ADVANCE:
        evaluate(cloud, rollout_id)


def _looked(cloud: Cloud, it: Rollout, now: float) -> _Look:
    """Store the outcomes that have changed; return the counts."""
    have, counted, gone = 0, [], []
    replaced = it.plan.shares[it.stage] != rules.LISTED
    for row, seen, status in cloud.store.rollout_things.seen(it):
        did = rules.outcome(seen, now, it.plan.within_s)
        silent = did == rules.CHOSEN and now - seen.heard > it.plan.within_s
        if replaced and seen.asked is None and (silent or did == rules.LEFT):
            gone.append(row.thing_id)
            continue
        if did != row.did:
            cloud.store.rollout_things.did(it.id, row.thing_id, did, status, now)
        if did == rules.LEFT:
            continue
        have += 1
        if not row.excused:
            counted.append(did)
    trouble = sum(did in rules.TROUBLE for did in counted)
    return _Look(have, len(counted), counted.count(rules.CONFIRMED), trouble, gone)


def _chosen(cloud: Cloud, it: Rollout, look: _Look, now: float) -> int:
    """Choose Things for the stage; return how many it has beside those seen."""
    share = it.plan.shares[it.stage]
    if share == rules.LISTED:
        return 0
    things = cloud.store.rollout_things
    candidates = things.candidates(it, now - it.plan.within_s)
    if it.everyone:
        return len(candidates)
    for thing_id in look.gone:
        things.unchoose(it.id, thing_id)
    free = rules.most(share, look.have + len(candidates)) - look.have
    for tid in rules.choose(it.id, candidates, min(free, _AT_ONCE)):
        things.choose(it.id, candidates[tid], now)
    return max(0, free)


def _go(cloud: Cloud, it: Rollout, event: str, reason: str, now: float) -> None:
    state = rules.move(it.state, event)
    after = replace(it, state=state, reason=reason)
    if event == rules.ADVANCE:
        after = staged(replace(after, stage=it.stage + 1, since=now))
    elif event == rules.COMPLETE:
        after = replace(after, ended=now, in_force=False)
        set_version(cloud, it, it.version)
    cloud.store.rollouts.save(after)
    app = cloud.store.apps.with_id(it.app_id)
    text = f"{it.version}: {reason}"
    cloud.store.audit.add(now, _AUTHOR, f"{event} rollout", app.aid, it.pool, text)
    if event == rules.HALT:
        cloud.warn(f"rollout {it.id} of {it.version} in {it.pool} has halted: {reason}")


def staged(it: Rollout) -> Rollout:
    """Return the rollout with all Things asked if its stage is of all."""
    return replace(it, everyone=it.plan.shares[it.stage] == rules.ALL)


def set_version(cloud: Cloud, it: Rollout, version: str) -> None:
    """Set the version that all Things of the pool are asked for."""
    pool = cloud.store.pools.get(it.app_id, it.pool)
    assert pool is not None  # pools are not removed
    settings = merged(pool.settings, {it.kind: version}, ())
    cloud.store.pools.save(it.app_id, replace(pool, settings=settings))

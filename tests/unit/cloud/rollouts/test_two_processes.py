"""Two processes evaluate one rollout at the same moment, on PostgreSQL: one of them does."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from app.cloud.manage.service.office import LOCAL
from app.cloud.manage.service.rollouts import Wish
from app.cloud.rollouts import rules
from app.cloud.rollouts.evaluation import EVERY_S, evaluate_all
from app.cloud.store import Store
from app.cloud.tables.rollouts import RolloutsTable
from tests.patience import PATIENCE_S
from tests.unit.cloud.manage.conftest import managed
from tests.unit.cloud.manage.rolling import NEW, Fleet


def test_one_of_them_does(postgresql, tmp_path, monkeypatch):
    url, claims = postgresql.database(), []
    claim = RolloutsTable.claim

    def noted(self, *given):
        claims.append(claim(self, *given))
        return claims[-1]

    with managed(tmp_path, url) as desk, contextlib.ExitStack() as stack:
        fleet = Fleet(desk)
        it = fleet.start(Wish(app=NEW, shares=[50, 100], within=600.0, confirm=100))
        stores = [
            stack.enter_context(contextlib.closing(Store(tmp_path / "cloud.db", url=url)))
            for _ in range(2)
        ]
        both = threading.Barrier(2, timeout=PATIENCE_S)

        def process(store):
            both.wait()
            with store.transaction():
                evaluate_all(replace(desk.cloud, store=store), EVERY_S)

        monkeypatch.setattr(RolloutsTable, "claim", noted)
        for evaluations, asked in ((2, 5), (1, 10)):  # the first goes on, and looks again for that
            for tid in fleet.tids:
                if fleet.call(tid) == NEW:
                    fleet.restart(tid, NEW)
            desk.clock.now += EVERY_S
            claims.clear()
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(process, stores))
            assert claims.count(True) == evaluations
            after = fleet.do("get", it)
            assert (after.stage, after.things) == (1, {"confirmed": asked})
        assert after.state == rules.DONE
        entries = desk.run(desk.manage.accounts.audit(LOCAL))
        done = [entry.action for entry in entries if entry.who == "(cloud)"]
    assert done == ["complete rollout", "advance rollout"]

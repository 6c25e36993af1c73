"""The management API against its OpenAPI document: no 500, no status or shape that it lacks."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings

from app.cloud.manage.guard import DOCUMENT
from app.cloud.manage.service.office import LOCAL
from tests import postgres
from tests.everywhere import MARK
from tests.unit.cloud.manage.asking import bearer
from tests.unit.cloud.manage.conftest import (
    NOW,
    PASSWORD,
    SECRET,
    add_readings,
    add_thing,
    managed,
)

schemathesis = pytest.importorskip("schemathesis", reason="its parts are compiled for CPython only")
# Examples of each mode, for each route. The routes are the same on both databases, but not the SQL.
_EXAMPLES = {"sqlite": 8, "postgresql": 2}


@pytest.fixture(scope="module")
def world(request, tmp_path_factory):
    """Yield a cloud with one of everything, and the names of these."""
    with contextlib.ExitStack() as stack:
        url = None
        if request.param == "postgresql":
            url = stack.enter_context(postgres.running()).database()
        desk = stack.enter_context(managed(tmp_path_factory.mktemp("schema"), url))
        manage, run = desk.manage, desk.run
        aid = run(manage.apps.create(LOCAL, "Lamp")).aid
        run(manage.versions.commit(LOCAL, aid, {"a.py": "1"}, "one"))
        add_thing(desk, aid, "t", NOW)
        add_readings(desk, aid, "t", {1: {"x": 1}, 2: "two"})
        run(manage.people.add(LOCAL, "eve", PASSWORD, owner=True))
        desk.cloud.notifier.close()  # no stream and no wait for events
        names = {"aid": aid, "tid": "t", "pool": "staging", "version": "one"}
        yield SimpleNamespace(**vars(desk), names=names, examples=_EXAMPLES[request.param])


def operations(world):
    """Return all operations of the document."""
    schema = schemathesis.openapi.from_asgi(DOCUMENT[1], world.api)
    return [found.ok() for found in schema.get_all_operations()]


def checks():
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    return [
        not_a_server_error,
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    ]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize(
    ("world", "known"),
    [
        ("sqlite", True),
        ("sqlite", False),
        ("postgresql", True),
        pytest.param("postgresql", False, marks=MARK),  # names that no statement finds
    ],
    indirect=["world"],
)
def test_the_api_is_as_documented(world, mode, known):
    tried = []
    relaxed = settings(
        max_examples=world.examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    for operation in operations(world):
        wanted = [parameter.name for parameter in operation.path_parameters]
        names = {name: world.names[name] for name in wanted if name in world.names}
        cases = operation.as_strategy(
            schemathesis.GenerationMode(mode), path_parameters=names if known and names else None
        )

        @relaxed
        @given(case=cases)
        def agrees(case):
            case.call_and_validate(headers=bearer(SECRET), checks=checks())
            tried.append(case.operation.label)

        agrees()
    assert len(set(tried)) > 30

"""The paths of the Thing API, and which of them need their trailing slash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.cloud.api.app_files import app_files, app_files_by_get
from app.cloud.api.call import Call, Handler
from app.cloud.api.errors import Trouble
from app.cloud.api.management import management
from app.cloud.api.os_files import os_files
from app.cloud.api.preregister import prepare, preregister
from app.cloud.api.register import register
from app.cloud.api.report import report
from app.cloud.api.worker import worker
from app.cloud.cloud import Cloud


def broken(_cloud: Cloud, _call: Call) -> None:
    """Fail as the recorded server does for calls it does not implement, the time API included."""
    raise Trouble("nothing answers this")


@dataclass(frozen=True)
class ApiRoute:
    """A call's name in the audit, its path, its handlers; `exact` ones need the whole path.

    `prepare` does slow work on the body and its type while other requests are served.
    """

    name: str
    path: str
    exact: bool
    post: Handler
    get: Handler = broken
    prepare: Callable[[Cloud, bytes, str], Any] | None = None
    cost: float = 1.0  # tokens of a stranger


ROUTES = (
    ApiRoute(
        "preregister", "/api/v1/things/preregister/", True, preregister, prepare=prepare, cost=5.0
    ),
    ApiRoute("register", "/api/v1/things/register/", True, register),
    ApiRoute("time", "/api/v1/time/epoch_s/", True, broken),
    ApiRoute("management", "/api/v1/apps/management", False, management),
    ApiRoute("worker", "/api/v1/apps/worker", False, worker),
    ApiRoute("report", "/api/v1/things/report", False, report),
    ApiRoute("app_files", "/api/v1/apps/get", False, app_files, app_files_by_get),
    ApiRoute("os_files", "/api/v1/pythings/get", False, os_files),
)


def find(path: str) -> ApiRoute | None:
    """Return the route that answers `path`."""
    for route in ROUTES:
        if path == route.path or (not route.exact and path.startswith(route.path)):
            return route
    return None


def lacks_slash(path: str) -> bool:
    """Tell whether only the trailing slash is missing, where one is needed."""
    return any(route.exact and path + "/" == route.path for route in ROUTES)

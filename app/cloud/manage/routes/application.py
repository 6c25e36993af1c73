"""The FastAPI application: all routes, every error as a problem, the OpenAPI document."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.cloud.database.connection import Unavailable
from app.cloud.manage.guard import COOKIE, CSRF, DOCUMENT, PREFIX, RETRY_S
from app.cloud.manage.routes import (
    accounts,
    alarms,
    apps,
    events,
    fleet,
    messages,
    people,
    pools,
    readings,
    releases,
    rollouts,
    session,
    things,
    versions,
)
from app.cloud.manage.routes.common import PROBLEMS
from app.cloud.manage.service import Management
from app.cloud.manage.service.office import Refused
from app.cloud.problems import SCHEMA, later, problem

_RESOURCES = (
    session, people, apps, versions, pools, fleet, things, messages, readings, events, releases,
    rollouts, alarms, accounts,
)  # fmt: skip
_SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description": "an API token"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "csrf": {"type": "apiKey", "in": "header", "name": CSRF},
}


def application(manage: Management) -> FastAPI:
    """Return the API over these services."""
    app = FastAPI(
        title="PythingsOS cloud: management",
        version="1",
        openapi_url=DOCUMENT[1],
        docs_url=None,  # their scripts would come from another site
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.manage = manage
    for resource in _RESOURCES:  # a router between would make each route twice
        app.include_router(resource.router, prefix=PREFIX, responses=PROBLEMS)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _other)
    app.add_exception_handler(Exception, _failed)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        document["components"]["securitySchemes"] = _SECURITY
        document["components"]["schemas"]["Problem"] = SCHEMA
        document["security"] = [{"token": []}, {"session": [], "csrf": []}]
        app.openapi_schema = document
    return app.openapi_schema


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return problem(error.status, str(error), later(error.retry_s), **error.more)


def _unavailable(_request: Request, error: Exception) -> Response:
    return problem(503, f"the database does not answer: {error}", later(RETRY_S))


def _invalid(_request: Request, error: Exception) -> Response:
    """Report the place of the error, never the value: it may be a password."""
    assert isinstance(error, RequestValidationError)
    errors = [{"at": list(row["loc"]), "message": row["msg"]} for row in error.errors()]
    first = errors[0]
    where = ".".join(str(part) for part in first["at"][1:]) or "the body"
    return problem(422, f"{where}: {first['message']}", errors=errors)


def _other(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = f"there is no {request.method} {request.url.path}"
    return problem(error.status_code, text, error.headers)


def _failed(_request: Request, _error: Exception) -> Response:
    return problem(500, "this is a defect of the cloud; its log says more")

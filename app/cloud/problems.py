"""Errors of the management API: problem details (RFC 9457)."""

from __future__ import annotations

import http
import math
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

JSON = "application/problem+json"


def problem(
    status: int, text: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Return the response of an error; `text` is a sentence with the reason and the remedy."""
    title = http.HTTPStatus(status).phrase
    value = {"type": "about:blank", "title": title, "status": status, "detail": text, **more}
    return JSONResponse(value, status, headers, JSON)


def later(seconds: float | None) -> dict[str, str]:
    """Return the headers that say when to try again."""
    return {} if seconds is None else {"Retry-After": str(math.ceil(seconds))}


# The component of the OpenAPI document.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
        "newest": {
            "type": "object",
            "description": "of a commit over a newer version: that version, its time and author",
        },
    },
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the descriptions of these errors for the OpenAPI document."""
    return {
        status: {
            "description": http.HTTPStatus(status).phrase,
            "content": {JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }

"""The parameters of all routes: actor, services, pages, texts in paths, strict bodies."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict

from app.cloud.manage.service import Management
from app.cloud.manage.service.office import Actor, Page
from app.cloud.problems import documented

MOST = 1000  # items of a page
LARGEST = 2**53  # up to which integers are exact in the JSON of a browser
_ERRORS = (400, 401, 403, 404, 409, 411, 413, 422, 503)
PROBLEMS = documented(*_ERRORS)


def _actor(request: Request) -> Actor:
    actor: Actor = request.state.actor  # set by the guard
    return actor


def _services(request: Request) -> Management:
    manage: Management = request.app.state.manage
    return manage


def _page(
    offset: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    sort: Annotated[str, Query(max_length=40, description="a column; after a - downwards")] = "",
) -> Page:
    return Page(offset, limit, sort)


def _unescaped(text: str) -> str:
    for escape, sign in (("~1", "/"), ("~2", "."), ("~0", "~")):
        text = text.replace(escape, sign)
    return text


Who = Annotated[Actor, Depends(_actor)]
Manage = Annotated[Management, Depends(_services)]
Paged = Annotated[Page, Depends(_page)]
# A name that a Thing or a person chose: `/`, `.` and `~` in it are `~1`, `~2` and `~0`.
Named = Annotated[
    str,
    Path(max_length=400, description="with ~1 for /, ~2 for . and ~0 for ~"),
    AfterValidator(_unescaped),
]


class Body(BaseModel):
    """A request body: fields that are unknown or of another type are errors."""

    model_config = ConfigDict(extra="forbid", strict=True)

"""The rows of many ids in one statement, however many there are."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Boolean, ColumnElement, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class _Among(FunctionElement[bool]):
    """Whether a column is one of the numbers in a text of `listed`."""

    type = Boolean()
    inherit_cache = True


@compiles(_Among, "sqlite")
def _for_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    column, ids = (compiler.process(part, **more) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - ids: a parameter


@compiles(_Among, "postgresql")
def _for_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    column, ids = (compiler.process(part, **more) for part in element.clauses)
    return f"{column} = ANY(CAST(translate({ids}, '[]', '{{}}') AS bigint[]))"


def among(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that a column is one of the numbers `listed` in the parameter `ids`."""
    return _Among(column, bindparam("ids"))


def listed(ids: Iterable[int]) -> str:
    """Return the parameter `ids`: a constant statement takes any number of them in one text."""
    return json.dumps(sorted(set(ids)))

"""Searches for a text within columns, in any case of its letters."""

from __future__ import annotations

from sqlalchemy import ColumnElement, bindparam, func

# Not a backslash: SQLAlchemy doubles it in a statement compiled before PostgreSQL is connected.
_ESCAPE = "!"


def like(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Return the condition that a column has the text whose `pattern` is bound to `name`."""
    return func.lower(column).like(bindparam(name), escape=_ESCAPE)


def pattern(text: str) -> str:
    """Return the pattern of a text that stands anywhere."""
    return f"%{escaped(text)}%"


def escaped(text: str) -> str:
    """Return a text for a pattern, in which no character stands for others."""
    for sign in (_ESCAPE, "%", "_"):
        text = text.replace(sign, _ESCAPE + sign)
    return text.lower()

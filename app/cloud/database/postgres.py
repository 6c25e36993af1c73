"""PostgreSQL, by URL: for more Things than one process serves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.cloud.database.connection import Backend
from app.cloud.errors import CloudFailure

if TYPE_CHECKING:
    import psycopg

_DRIVER = "postgresql+psycopg"
_EXAMPLE = f"Give one like {_DRIVER}://USER@HOST/NAME."
_CONNECT_S = 10


class Postgres(Backend):
    """The database at a URL, which must exist already."""

    insert = staticmethod(insert)
    begin = "BEGIN"
    begin_reading = "BEGIN READ ONLY"

    def __init__(self, url: str) -> None:
        try:
            import psycopg
            import psycopg.rows
        except ImportError as error:
            raise CloudFailure(
                "PostgreSQL needs the package psycopg with libpq, which is not installed here."
            ) from error
        self._url = _checked(url)
        self._psycopg = psycopg
        self.dialect = dialect()  # type: ignore[no-untyped-call]
        self.failures = (
            psycopg.OperationalError,
            psycopg.InterfaceError,
        )
        self.conflicts = (psycopg.IntegrityError,)

    def connect(self) -> psycopg.Connection[dict[str, Any]]:
        """Connect; a commit waits until it is on the disk, even if the server's default differs."""
        given = self._url.translate_connect_args(username="user", database="dbname")
        raw = self._psycopg.connect(
            **{**given, **self._url.query},
            autocommit=True,  # Database sends BEGIN itself
            connect_timeout=_CONNECT_S,
            application_name="pythings cloud",
            row_factory=self._psycopg.rows.dict_row,
        )
        raw.execute("SET synchronous_commit = on")
        raw.execute("SET client_min_messages = warning")
        return raw

    def usable(self, raw: psycopg.Connection[dict[str, Any]]) -> bool:
        """Tell whether the connection is open, as far as the driver knows."""
        return not raw.closed

    def arguments(self, _names: Iterable[str], values: dict[str, Any]) -> dict[str, Any]:
        """Return the values by name; NUL, which PostgreSQL's text cannot hold, becomes U+FFFD."""
        return {name: _taken(value) for name, value in values.items()}


def _taken(value: Any) -> Any:
    return value.replace("\0", "\ufffd") if isinstance(value, str) and "\0" in value else value


def _checked(url: str) -> URL:
    try:
        parts = make_url(url)
    except ArgumentError as error:
        raise CloudFailure(f"The URL of the database cannot be read. {_EXAMPLE}") from error
    if parts.drivername != _DRIVER or not parts.database:
        raise CloudFailure(f"{parts.render_as_string()} is no database for a cloud. {_EXAMPLE}")
    return parts

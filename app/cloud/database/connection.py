"""One connection to the database: runs the statements of SQLAlchemy Core, each compiled once.

The tables' statements are constants. They are compiled for the dialect at their first use, and go
to the driver as they are: what SQLAlchemy does for each execution takes longer than SQLite itself.
"""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.engine import Dialect

from app.cloud.errors import CloudError

_AGAIN = ("40001", "40P01")  # serialization_failure, deadlock_detected


class Unavailable(CloudError):
    """The database does not answer or cannot write; what was under way has not happened."""


class Again(Unavailable):
    """Two transactions stood in each other's way: this one gave way, and may be tried again."""


class Anew(Again):
    """Something failed where that was not expected: all of the transaction is to be done again."""


class Taken(Exception):
    """There is a row of this name, or of this time, already; or it is against another rule."""


class Backend(abc.ABC):
    """What differs between SQLite and PostgreSQL."""

    dialect: Dialect
    insert: Callable[..., Any]  # that knows ON CONFLICT
    begin: str
    begin_reading: str
    failures: tuple[type[Exception], ...]
    conflicts: tuple[type[Exception], ...]

    @abc.abstractmethod
    def connect(self) -> Any:
        """Return a connection of the driver that commits only when told; rows by name."""

    @abc.abstractmethod
    def usable(self, raw: Any) -> bool:
        """Tell whether a connection still is one."""

    @abc.abstractmethod
    def arguments(self, names: Iterable[str], values: dict[str, Any]) -> Any:
        """Return what the driver wants beside the text."""


class Upsert:
    """INSERT with ON CONFLICT, which SQLAlchemy builds with an `insert` of each dialect."""

    def __init__(self, build: Callable[[Any], Any]) -> None:
        self.build = build


Statement = Executable | Upsert


class _Compiled:
    def __init__(self, statement: Statement, backend: Backend) -> None:
        built: Any = statement.build(backend.insert) if isinstance(statement, Upsert) else statement
        compiled = built.compile(dialect=backend.dialect)
        self.text = str(compiled)
        self.names = tuple(compiled.positiontup or compiled.params)
        required = {bind.key for bind in compiled.binds.values() if bind.required}
        self.given = {k: v for k, v in compiled.params.items() if k not in required}


class Database:
    """One connection, for one thread at a time; all its methods raise Unavailable."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._compiled: dict[Statement, _Compiled] = {}
        self.hopeful = False  # see savepoint
        self.undone: list[Callable[[], None]] = []  # called when something has not happened
        self.raw = self._connected()

    def run(self, statement: Statement, **values: Any) -> Any:
        """Execute a statement with these values; return the driver's cursor."""
        known = self._compiled.get(statement)
        if known is None:
            known = self._compiled[statement] = _Compiled(statement, self.backend)
        given = {**known.given, **values} if known.given else values
        return self.text(known.text, self.backend.arguments(known.names, given))

    def text(self, text: str, *arguments: Any) -> Any:
        """Execute a text as it is."""
        try:
            return self.raw.execute(text, *arguments)
        except self.backend.failures as error:
            raise _unavailable(error) from error
        except self.backend.conflicts as error:
            raise Taken(str(error)) from error

    @contextlib.contextmanager
    def transaction(self, reading: bool = False) -> Iterator[None]:
        """Commit what is done inside, or nothing of it if an exception passes.

        `reading`: nothing is written, and nobody who writes is waited for.
        """
        if not self.connected():
            self.raw = self._connected()
        self.text(self.backend.begin_reading if reading else self.backend.begin)
        try:
            yield
            self.text("COMMIT")
        except BaseException:
            self._forget()
            with contextlib.suppress(*self.backend.failures):
                self.raw.rollback()
            raise

    @contextlib.contextmanager
    def savepoint(self, seldom: bool = False) -> Iterator[None]:
        """Keep what is done inside, within a transaction, or undo it if an exception passes.

        `seldom`: none is expected to pass. While we are `hopeful`, that costs nothing, and one that
        does raises Anew.
        """
        if seldom and self.hopeful:
            with self._hoping():
                yield
            return
        self.text("SAVEPOINT part")
        try:
            yield
        except Unavailable:
            raise
        except BaseException:
            self._forget()
            self.text("ROLLBACK TO SAVEPOINT part")
            self.text("RELEASE SAVEPOINT part")
            raise
        self.text("RELEASE SAVEPOINT part")

    @contextlib.contextmanager
    def _hoping(self) -> Iterator[None]:
        try:
            yield
        except Unavailable:
            raise
        except Exception as error:
            raise Anew(str(error)) from error

    def connected(self) -> bool:
        """Tell whether the database has not ended the connection, as far as that is known."""
        return self.backend.usable(self.raw)

    def close(self) -> None:
        """Close the connection; it cannot be used after it."""
        self.raw.close()

    def _forget(self) -> None:
        for forget in self.undone:
            forget()

    def _connected(self) -> Any:
        try:
            return self.backend.connect()
        except self.backend.failures as error:
            raise _unavailable(error) from error


def _unavailable(error: Exception) -> Unavailable:
    again = getattr(error, "sqlstate", None) in _AGAIN
    return (Again if again else Unavailable)(str(error).strip())

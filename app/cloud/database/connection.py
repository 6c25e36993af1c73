"""One connection to the database: runs the statements of SQLAlchemy Core, each compiled once.

The tables' statements are constants. They are compiled for the dialect at their first use, and go
to the driver as they are: SQLAlchemy's overhead for each execution takes longer than SQLite itself.
"""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.engine import Dialect

from app.cloud.errors import CloudFailure

_AGAIN = ("40001", "40P01")  # serialization_failure, deadlock_detected


class Unavailable(CloudFailure):
    """The database does not answer or cannot write; the work under way has had no effect."""


class Again(Unavailable):
    """A serialization failure or deadlock: this transaction was aborted, and can be retried."""


class Anew(Again):
    """An error where no savepoint was made: the whole transaction must be repeated."""


class Taken(Exception):
    """A row of this name or time exists already, or another constraint is violated."""


class Backend(abc.ABC):
    """The differences between SQLite and PostgreSQL: dialect, driver, transactions, errors."""

    dialect: Dialect
    insert: Callable[..., Any]  # with ON CONFLICT
    begin: str
    begin_reading: str
    failures: tuple[type[Exception], ...]
    conflicts: tuple[type[Exception], ...]

    @abc.abstractmethod
    def connect(self) -> Any:
        """Return a driver connection in autocommit mode, with rows that are read by column name."""

    @abc.abstractmethod
    def usable(self, raw: Any) -> bool:
        """Tell whether a connection is still open."""

    @abc.abstractmethod
    def arguments(self, names: Iterable[str], values: dict[str, Any]) -> Any:
        """Return a statement's parameters in the form that the driver takes."""


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
    """One connection, for one thread at a time; all its methods may raise Unavailable."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._compiled: dict[Statement, _Compiled] = {}
        self.hopeful = False  # see savepoint
        self.undone: list[Callable[[], None]] = []  # callbacks for each rollback
        self.raw = self._connected()

    def run(self, statement: Statement, **values: Any) -> Any:
        """Execute a statement with these values; return the driver's cursor."""
        known = self._compiled.get(statement)
        if known is None:
            known = self._compiled[statement] = _Compiled(statement, self.backend)
        given = {**known.given, **values} if known.given else values
        return self.text(known.text, self.backend.arguments(known.names, given))

    def text(self, text: str, *arguments: Any) -> Any:
        """Execute SQL text as it is; raise Taken for a violated constraint."""
        try:
            return self.raw.execute(text, *arguments)
        except self.backend.failures as error:
            raise _unavailable(error) from error
        except self.backend.conflicts as error:
            raise Taken(str(error)) from error

    @contextlib.contextmanager
    def transaction(self, reading: bool = False) -> Iterator[None]:
        """Commit the changes made inside, or roll back all of them if an exception passes.

        `reading`: nothing is written, and no writer is waited for.
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
        """Keep the changes made inside, within a transaction, or undo them if an exception passes.

        `seldom`: no exception is expected. While `hopeful` is set, no savepoint is made, and an
        exception raises Anew.
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
        """Tell whether the connection is open, as far as the driver knows."""
        return self.backend.usable(self.raw)

    def close(self) -> None:
        """Close the connection; it cannot be used afterwards."""
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

"""Django's PostgreSQL backend, tuned for one connection that lives long and is asked often."""

import math
import select
import time
from functools import cached_property
from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import IsolationLevel, get_adapters_template
from psycopg.adapt import AdaptersMap
from psycopg.errors import FeatureNotSupported
from psycopg.pq import TransactionStatus
from psycopg.types.datetime import TimestamptzLoader

from app.core.postgresql import Prepared
from app.core.postgresql.errors import ErrorWrapper

# A connection asked this many seconds ago is believed, unless the server has hung up.
BELIEVED = 5
# How many seconds a server may take to say that it is there.
ALIVE = 3
# How many seconds a password is used before it is looked up again.
KNOWN = 15 * 60
# How many seconds longer than a statement may take its answer is waited for.
GRACE = 2


class Connection(psycopg.Connection[Any]):
    """psycopg's, which would wait for ever for a server that froze, or that a network lost."""

    patience: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, timeout or self.patience)
        except psycopg.errors._WaitTimeout:
            self.pgconn.finish()  # where it stands nobody knows
            raise psycopg.OperationalError("the server did not answer in time") from None


class Cursor(base.ServerBindingCursor):
    connection: Any  # psycopg's

    def execute(self, query: Any, params: Any = None) -> Any:
        # An INSERT of one row has one plan as well.
        one_row = isinstance(query, str) and query[:7] == "INSERT " and query.count("(%s") == 1
        prepare = one_row or isinstance(query, Prepared)
        try:
            return self._execute(query, params, prepare=prepare)
        except FeatureNotSupported:
            # A migration has changed a column's type since it was prepared.
            if not prepare or self.connection.info.transaction_status != TransactionStatus.IDLE:
                raise
            return self._execute(query, params, prepare=False)

    def _execute(self, query: Any, params: Any, *, prepare: bool) -> Any:
        return super().execute(query, params, prepare=prepare)  # type: ignore[misc]  # no stubs


def _credentials(arn: str, *, fresh: bool) -> dict[str, str]:
    from app.core import secrets_manager

    try:
        read = secrets_manager.read(arn) if fresh else secrets_manager.kept(arn, seconds=KNOWN)
        return {"user": read["username"], "password": read["password"]}
    except secrets_manager.SecretUnavailable as error:
        raise psycopg.OperationalError(str(error)) from None
    except KeyError as error:
        raise psycopg.OperationalError(f"The secret {arn} has no {error}.") from None


class DatabaseWrapper(base.DatabaseWrapper):
    _asked_at = 0.0
    _statement_timeout = 0.0
    # What the server has been told, by this connection.
    _told_timeout = 0.0

    @cached_property
    def wrap_database_errors(self) -> ErrorWrapper:
        return ErrorWrapper(self)

    def limit_statements(self, seconds: float, *, at_once: bool = False) -> None:
        """Let no statement take longer; 0 lets all.

        The server ends it; should the server itself not answer, the connection is dropped. The
        server is told with the next statement outside of a transaction, or at once.
        """
        self._statement_timeout = seconds
        if self.connection is not None:
            self.connection.patience = self._patience()
            if at_once and settings.DATABASE_DIRECT:
                with self.wrap_database_errors:
                    self._tell_timeout()

    def _patience(self) -> float | None:
        return self._statement_timeout + GRACE if self._statement_timeout else None

    def _milliseconds(self) -> int:
        return math.ceil(self._statement_timeout * 1000)

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        # psycopg's own loader is written in C. Django's, in Python, replaces the time zone of every
        # moment, which here is UTC on both sides: 120 times for a page of 40 games.
        params["context"] = AdaptersMap(get_adapters_template(True, self.timezone))
        params["context"].register_loader("timestamptz", TimestamptzLoader)
        params["cursor_factory"] = Cursor
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        # Django's connects by psycopg's own class, and knows pools and isolation levels besides.
        self._asked_at = time.time()
        self.isolation_level = IsolationLevel.READ_COMMITTED
        self._told_timeout = 0.0
        if self._statement_timeout and settings.DATABASE_DIRECT:
            # Told while connecting, which costs no round trip.
            told = f"-c statement_timeout={self._milliseconds()}"
            conn_params = {**conn_params, "options": f"{conn_params.get('options', '')} {told}"}
            self._told_timeout = self._statement_timeout
        connection = self._connect(conn_params)
        connection.patience = self._patience()
        return connection

    def _connect(self, conn_params: dict[str, Any]) -> Connection:
        arn = self.settings_dict.get("SECRET_ARN")
        if not arn:
            return Connection.connect(**conn_params)
        known = _credentials(arn, fresh=False)
        try:
            return Connection.connect(**conn_params | known)
        except psycopg.OperationalError as error:
            # libpq keeps the code of a refusal, 28P01, to itself. A server that asked for the
            # password has been reached; it may have another one since.
            if not (error.pgconn and error.pgconn.used_password):
                raise
            fresh = _credentials(arn, fresh=True)
            if fresh == known:
                raise
            return Connection.connect(**conn_params | fresh)

    def _tell_timeout(self) -> None:
        if self.connection.info.transaction_status == TransactionStatus.INERROR:
            return  # it takes nothing but a rollback
        with self.connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {self._milliseconds()}")
        self._told_timeout = self._statement_timeout

    def create_cursor(self, name: str | None = None) -> Any:
        # Not in a transaction, which would take it back by a rollback. A pooler's connection is
        # others' as well, and keeps what it is told.
        told = self._told_timeout == self._statement_timeout
        if not told and self.autocommit and settings.DATABASE_DIRECT:
            self._tell_timeout()
        # Not Django's, which looks into its own loader.
        if name is None:
            return self.connection.cursor()
        return self.connection.cursor(name, withhold=self.connection.autocommit)

    def is_usable(self) -> bool:
        """Tell whether the server still answers, which before each request costs a round trip.

        When the last one was a moment ago, it is enough that the server has not hung up since.
        After a pause nobody may have told us: a frozen Lambda misses the packet that says so.
        """
        now = time.time()
        recent = 0 <= now - self._asked_at < BELIEVED
        self._asked_at = now
        if recent and self.connection and not self.errors_occurred and not self._has_news():
            return True
        if self.connection is None:
            return False
        self.connection.patience = ALIVE
        usable: bool = super().is_usable()
        self.connection.patience = self._patience()
        return usable

    def _has_news(self) -> bool:
        """Tell whether the server has sent what nobody asked for, such as its good-bye."""
        if self.connection.closed:
            return True
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return bool(poll.poll(0))

"""Django's PostgreSQL backend, tuned for one connection that lives long and is asked often."""

import select
import time
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import get_adapters_template
from psycopg.adapt import AdaptersMap
from psycopg.errors import FeatureNotSupported
from psycopg.pq import TransactionStatus
from psycopg.types.datetime import TimestamptzLoader

from app.core.postgresql import Prepared

# A connection asked this many seconds ago is believed, unless the server has hung up.
BELIEVED = 5


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


class DatabaseWrapper(base.DatabaseWrapper):
    _asked_at = 0.0

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        # psycopg's own loader is written in C. Django's, in Python, replaces the time zone of every
        # moment, which here is UTC on both sides: 120 times for a page of 40 games.
        params["context"] = AdaptersMap(get_adapters_template(True, self.timezone))
        params["context"].register_loader("timestamptz", TimestamptzLoader)
        params["cursor_factory"] = Cursor
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._asked_at = time.time()
        return super().get_new_connection(conn_params)

    def create_cursor(self, name: str | None = None) -> Any:
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
        usable: bool = super().is_usable()
        return usable

    def _has_news(self) -> bool:
        """Tell whether the server has sent what nobody asked for, such as its good-bye."""
        if self.connection.closed:
            return True
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return bool(poll.poll(0))

"""Reads from a copy of the database that is a moment behind, where nobody would notice.

What a list or a page is made of comes from DATABASE_REPLICA_URL, unless it was just written: to one
of its tables, or by the member who asks. All else, such as who asks and whatever a write looks at,
comes from the database itself. Redis says what was just written; while it does not, nothing is
read from the copy.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection
from django.http import HttpRequest
from django.utils.functional import empty

from app.core import redis
from app.core.postgresql import ServerGone

logger = logging.getLogger(__name__)

T = TypeVar("T")

ALIAS = "replica"
# How many seconds a copy that did not answer is left alone.
REST = 10

_alias: ContextVar[str] = ContextVar("alias", default=DEFAULT_DB_ALIAS)
_rests_until = 0.0


def alias() -> str:
    """Answer the database to read from."""
    return _alias.get()


class Router:
    """https://docs.djangoproject.com/en/5.2/topics/db/multi-db/#using-routers"""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return alias()

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, *args: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, *args: Any, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


def read(make: Callable[[], T], *, written_at: Sequence[float | None]) -> T:
    """Make it of the copy, unless one of these times is recent, or not known."""
    global _rests_until
    if not _follows(written_at):
        return make()
    try:
        with _reading_from(ALIAS):
            return make()
    except OperationalError as error:
        # A statement that took too long would take the database as long.
        if getattr(error.__cause__, "sqlstate", None) == "57014":
            raise
        # It is away, or had to choose between this query and following.
        logger.warning("The replica is unavailable: %s", error)
        if isinstance(error, ServerGone):
            _rests_until = time.monotonic() + REST
        return make()


def _follows(written_at: Sequence[float | None]) -> bool:
    if ALIAS not in settings.DATABASES or connection.in_atomic_block:
        return False
    if time.monotonic() < _rests_until:
        return False
    since = time.time() - settings.DATABASE_REPLICA_LAG
    return all(at is not None and at < since for at in written_at)


@contextmanager
def _reading_from(database: str) -> Iterator[None]:
    token = _alias.set(database)
    try:
        yield
    finally:
        _alias.reset(token)


def note_write(request: HttpRequest) -> None:
    """Note that the member who asks has written, for what they read next."""
    global _rests_until
    # Who comes back from Discord or Steam does so by a GET.
    reads = request.method in {"GET", "HEAD", "OPTIONS"}
    if ALIAS not in settings.DATABASES or (reads and not request.path.startswith("/api/auth/")):
        return
    # Who was found; where nobody has looked who it is, nobody has written for them.
    member = request.__dict__.get("user")
    if member is None or getattr(member, "_wrapped", member) is empty:
        return
    if member.is_authenticated:
        lag = int(settings.DATABASE_REPLICA_LAG) + 1
        if not redis.ask("set", _key(member), str(time.time()), ex=lag):
            # As far as this process goes: the others cannot be told.
            _rests_until = max(_rests_until, time.monotonic() + lag)


def is_used() -> bool:
    return ALIAS in settings.DATABASES


def _key(member: Any) -> str:
    return f"wrote:{member.pk}"


def written_by(member: Any) -> float | None:
    """Answer when the member has written, if it may matter; None if that is not known."""
    found = redis.ask("mget", [_key(member)])
    return None if found is None else float(found[0] or 0)

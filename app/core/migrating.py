"""Migrates the database, one process at a time and within the time that it has."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import Error, close_old_connections, connection
from django.db.migrations.executor import MigrationExecutor

from app.core.postgresql import ServerGone

# Any number, so long as nothing else in the database locks the same.
LOCK = 7_205_759_403_792
# How many seconds a server may take to come up, as one that had gone to sleep.
WAKING = 60


class TookTooLong(Exception):
    """Says, to whoever deploys, what did."""


def migrate(ends_at: float) -> str:
    """Migrate the database until then; of two at once, the second waits and finds nothing to do.

    `ends_at` is by the monotonic clock. Raises TookTooLong; SystemCheckError, before anything is
    changed, for settings that no deployment may have; whatever a migration does.
    """
    if connection.vendor != "postgresql":
        call_command("check", deploy=True)
        call_command("migrate", interactive=False, verbosity=0)
        return "migrated"
    _connect(ends_at)
    with connection.execute_wrapper(_until(ends_at)):
        try:
            with _lock():
                if _is_ahead():
                    return "ahead"
                call_command("check", deploy=True)
                call_command("migrate", interactive=False, verbosity=0)
                return "migrated"
        except ServerGone as error:
            if time.monotonic() < ends_at:
                raise
            raise TookTooLong("A migration did not end in time and was undone.") from error
        finally:
            connection.close()
            connection.limit_statements(0)  # type: ignore[attr-defined]  # our backend's


def _connect(ends_at: float) -> None:
    close_old_connections()
    gives_up_at = min(ends_at, time.monotonic() + WAKING)
    while True:
        try:
            return connection.ensure_connection()
        except ServerGone:
            if time.monotonic() + 1 > gives_up_at:
                raise
            time.sleep(1)


def _until(ends_at: float) -> Callable[..., Any]:
    """Answer a wrapper of each statement, for none to take longer than there is time."""

    def limit(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        left = ends_at - time.monotonic()
        if left <= 0:
            raise TookTooLong("The migrations did not end in time; the last one was undone.")
        context["connection"].limit_statements(left, at_once=True)
        return execute(sql, params, many, context)

    return limit


@contextmanager
def _lock() -> Iterator[None]:
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        except ServerGone as error:
            if connection.connection.closed:
                raise
            raise TookTooLong("Another migration is running, and did not end in time.") from error
        try:
            yield
        finally:
            # A connection that is gone has given it back.
            with suppress(Error, TookTooLong):
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _is_ahead() -> bool:
    """Tell whether a newer release has migrated, and left this one, which comes back, nothing.

    Then even what Django does after each migration, such as adding permissions, is left alone.
    """
    executor = MigrationExecutor(connection)
    loader = executor.loader
    known = set(loader.disk_migrations)
    apps = {app for app, _ in known}
    newer = {key for key in loader.applied_migrations if key[0] in apps} - known
    return bool(newer) and not executor.migration_plan(loader.graph.leaf_nodes())


def why_failed(error: Exception) -> str:
    """Say what went wrong by its name alone: messages may have a password or a member in them."""
    if isinstance(error, TookTooLong):
        return str(error)
    if isinstance(error, SystemCheckError):
        found = sorted(set(re.findall(r"\((\w+\.[EC]\d+)\)", str(error))))
        return f"The settings do not pass check --deploy: {', '.join(found)}."
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    code = f" ({sqlstate})" if sqlstate else ""
    return f"The migration failed: {type(error).__name__}{code}."

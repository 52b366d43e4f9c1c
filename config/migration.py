"""Migrations of the database: when somebody invokes them, or as a part of CloudFormation's stack.

As a custom resource they answer in any case: CloudFormation would wait an hour for it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import Error, close_old_connections, connection
from django.db.migrations.executor import MigrationExecutor

from app.core import request_id
from app.core.postgresql import ServerGone

logger = logging.getLogger(__name__)

RESOURCE_ID = "guildhall-migrations"
# Any number, so long as nothing else in the database locks the same.
LOCK = 7_205_759_403_792
# How many seconds before the function's end there must be an answer, and what they are for.
MARGIN = 15
ATTEMPTS = 3
TIMEOUT = 4
# How many seconds a server may take to come up, as one that had gone to sleep.
WAKING = 60


class TookTooLong(Exception):
    """Says, to whoever deploys, what did."""


def run(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Migrate; raise what went wrong, unless CloudFormation asks, which is told."""
    request_id.current.set(context.aws_request_id)
    ends_at = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - MARGIN
    if "ResponseURL" not in event:
        return {"status": _migrate(ends_at)}
    status, reason = "unchanged", ""
    # With the stack's end, or with another resource in this one's place, the database stays.
    if event["RequestType"] != "Delete":
        try:
            status = _migrate(ends_at)
        except Exception as error:
            logger.exception("The migration failed")
            status, reason = "failed", _reason(error)
    answer = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {
        "Status": "FAILED" if reason else "SUCCESS",
        "Reason": f"{reason} The log has more, under {context.aws_request_id}." if reason else "",
        "PhysicalResourceId": RESOURCE_ID,
    }
    _put(event["ResponseURL"], answer)
    return {"status": status}


def _migrate(ends_at: float) -> str:
    """Migrate the database; of two at once, the second waits and finds nothing to do.

    Raises SystemCheckError, before anything is changed, for settings that no deployment may have.
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


def _reason(error: Exception) -> str:
    """Say what went wrong by its name alone: messages may have a password or a member in them."""
    if isinstance(error, TookTooLong):
        return str(error)
    if isinstance(error, SystemCheckError):
        found = sorted(set(re.findall(r"\((\w+\.[EC]\d+)\)", str(error))))
        return f"The settings do not pass check --deploy: {', '.join(found)}."
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    code = f" ({sqlstate})" if sqlstate else ""
    return f"The migration failed: {type(error).__name__}{code}."


def _put(url: str, answer: dict[str, str]) -> None:
    """Send the answer, to an address that is signed and therefore never shown."""
    import httpx

    body = json.dumps(answer).encode()
    for attempt in range(ATTEMPTS):
        time.sleep(attempt / 2)
        try:
            # What is signed has no content type.
            response = httpx.put(url, content=body, headers={"Content-Type": ""}, timeout=TIMEOUT)
            if response.is_success:
                return
            cause = f"HTTP {response.status_code}"
        except httpx.HTTPError as error:
            cause = type(error).__name__
        logger.warning("CloudFormation does not take the answer: %s", cause)
    # Nobody invokes it again: the stack waits for ServiceTimeout, and takes the release back.
    raise RuntimeError(f"CloudFormation did not take the answer: {cause}.")

"""Whether this process can do its work, and what it depends on does its own."""

import pkgutil
import uuid
from datetime import datetime
from functools import cache as once
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import Error, connection
from django.utils import timezone
from django_tasks import task_backends

from app.core.queue import messages
from app.core.queue.backend import QueueBackend

# A task is enqueued every minute. If the last that was run is so many seconds old, the others wait,
# or nothing enqueues them.
LATE = 300
_QUEUE = "health:queue"


def database_is_up() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def cache_is_up() -> bool:
    """Write and read back: a Redis that is down makes django-redis answer nothing, not fail."""
    key = f"health:{uuid.uuid4().hex}"
    cache.set(key, True, timeout=5)
    return bool(cache.get(key))


def pending_migrations() -> list[str]:
    """Answer which migrations of this code the database has not seen. Raises Error."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        applied = {(app, name) for app, name in cursor.fetchall()}
    return [f"{app}.{name}" for app, name in _migrations() if (app, name) not in applied]


@once
def _migrations() -> list[tuple[str, str]]:
    # By their files' names: Django's loader imports each one, and makes models of them all.
    return [
        (config.label, module.name)
        for config in apps.get_app_configs()
        if find_spec(f"{config.name}.migrations")
        for module in pkgutil.iter_modules(import_module(f"{config.name}.migrations").__path__)
        if module.name[0] not in "_~"
    ]


def note_queue() -> None:
    """Note that a task is run which was enqueued when the one that calls this was."""
    if since := messages.enqueued_at.get():
        cache.set(_QUEUE, since.isoformat(), timeout=None)


def queue_age() -> float | None:
    """Answer how many seconds ago the last of the schedule's tasks was enqueued that has been run.

    None where nobody has noted one, as without a queue, or while the cache is down.
    """
    since: str | None = cache.get(_QUEUE)
    return (timezone.now() - datetime.fromisoformat(since)).total_seconds() if since else None


def report() -> dict[str, Any]:
    """Look at everything; `status` is unavailable where requests cannot be answered."""
    database, cached = database_is_up(), cache_is_up()
    pending, age = (pending_migrations() if database else []), queue_age()
    words = {True: "ok", False: "unavailable"}
    found = {
        "database": words[database],
        "cache": words[cached],
        "migrations": "unknown" if not database else "pending" if pending else "ok",
        "queue": _queue_word(age),
    }
    if not database or pending:
        status = "unavailable"
    else:
        status = "degraded" if {"unavailable", "late"} & {*found.values()} else "ok"
    return {
        "status": status,
        "version": settings.VERSION,
        "revision": settings.REVISION,
        **found,
        "queue_age": None if age is None else round(age),
    }


def _queue_word(age: float | None) -> str:
    if not isinstance(task_backends["default"], QueueBackend):
        return "none"
    if age is None:
        return "unknown"
    return "late" if age > LATE else "ok"

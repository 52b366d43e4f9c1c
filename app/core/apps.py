from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.signals import request_started
from django.db import connection, connections
from django.db.backends.signals import connection_created


class CoreConfig(AppConfig):
    name = "app.core"

    def ready(self) -> None:
        # Also where no answers are kept: others may keep what is written to here.
        if settings.REDIS_URL:
            connection_created.connect(_watch_writes)
        if connection.vendor == "postgresql":
            request_started.connect(_limit_statements)


def _limit_statements(**kwargs: Any) -> None:
    for alias in settings.DATABASES:
        limit = settings.DATABASE_STATEMENT_TIMEOUT
        connections[alias].limit_statements(limit)  # type: ignore[attr-defined]


def _watch_writes(connection: Any, **kwargs: Any) -> None:
    from app.core import response_cache

    if response_cache.watch not in connection.execute_wrappers:
        connection.execute_wrappers.append(response_cache.watch)

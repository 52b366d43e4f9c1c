"""Whether this process can do its work."""

import uuid

from django.core.cache import cache
from django.db import Error, connection


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

"""Redis itself, for what Django's cache would wrap up."""

import logging
from typing import Any

logger = logging.getLogger(__name__)


class Outage(logging.Filter):
    """Makes a warning of django-redis' error for each call while Redis is down: answers are slower.

    As an error, each would be one in Sentry.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno == logging.ERROR and record.exc_info:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.msg, record.args = "Redis did not answer: %s", (record.exc_info[1],)
            record.exc_info = None
        return True


def ask(command: str, *args: Any, **kwargs: Any) -> Any:
    """Answer bytes, as Redis does; None while it is down."""
    # 40 ms of a cold start, which a process without Redis need not wait for.
    from django_redis import get_redis_connection
    from redis.exceptions import RedisError

    try:
        return getattr(get_redis_connection("counters"), command)(*args, **kwargs)
    except RedisError as error:
        logger.warning("Redis did not answer: %s", error)
        return None

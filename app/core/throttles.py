"""Request limits, counted in the shared cache so that they hold across processes."""

import time
from typing import Any

from django.conf import settings
from django.core.cache import caches
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class AddressThrottle(BaseThrottle):
    """Limit each address to the rate in settings.THROTTLE_RATES of the view's throttle_scope.

    Counts in fixed windows, so a caller may get two windows' worth across a boundary; in exchange
    a count is one atomic increment.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        scope: str = view.throttle_scope
        limit, period = settings.THROTTLE_RATES[scope].split("/")
        seconds = _SECONDS[period[0]]
        window, elapsed = divmod(time.time(), seconds)
        self.remaining = seconds - elapsed
        # The server's own view of the caller: a header can be written by anyone.
        address = request.META["REMOTE_ADDR"]
        return _count(f"throttle:{scope}:{address}:{window:.0f}", seconds) <= int(limit)

    def wait(self) -> float:
        """Answer the whole seconds until the next window, for Retry-After."""
        return int(self.remaining) + 1


def _count(key: str, seconds: int) -> int:
    """Count one request under the key, and answer how many there have been."""
    counters = caches["counters"]
    counters.add(key, 0, timeout=seconds)
    try:
        # None is django-redis's answer when Redis is down.
        return counters.incr(key) or 0
    except ValueError:  # the key expired between the two calls: a new window
        return 1

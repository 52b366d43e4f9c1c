"""Request limits, counted in the shared cache so that they hold across processes."""

import hashlib
import ipaddress
import logging
import time
from typing import Any

from django.conf import settings
from django.core.cache import caches
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

logger = logging.getLogger(__name__)

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Throttle(BaseThrottle):
    """Limits each caller to the rate in settings.THROTTLE_RATES of the view's throttle_scope.

    Counts in fixed windows, so a caller may get two windows' worth across a boundary; in exchange
    a count is one atomic increment.
    """

    def who(self, request: Request, view: Any) -> str | None:
        """Answer whom the request is counted for; None if it is not."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: Any) -> bool:
        who = self.who(request, view)
        if who is None:
            return True
        scope: str = view.throttle_scope
        limit, period = settings.THROTTLE_RATES[scope].split("/")
        seconds = _SECONDS[period[0]]
        window, elapsed = divmod(time.time(), seconds)
        self.remaining = seconds - elapsed
        return _count(f"throttle:{scope}:{who}:{window:.0f}", seconds) <= int(limit)

    def wait(self) -> float:
        """Answer the whole seconds until the next window, for Retry-After."""
        return int(self.remaining) + 1


class AddressThrottle(Throttle):
    """Counts by the address that the server saw: a header can be written by anyone."""

    def who(self, request: Request, view: Any) -> str | None:
        address: str = request.META["REMOTE_ADDR"]
        try:
            # A caller has 2^64 addresses of IPv6, and one network.
            return str(ipaddress.IPv6Network((address, 64), strict=False))
        except ValueError:
            return address


class AccountThrottle(Throttle):
    """Counts by the member who calls, or else by the account that the view's throttle_fields name.

    Whether there is such an account makes no difference.
    """

    def who(self, request: Request, view: Any) -> str | None:
        if request.user and request.user.is_authenticated:
            return f"member:{request.user.pk}"
        data = request.data if isinstance(request.data, dict) else {}
        for field in getattr(view, "throttle_fields", ()):
            if name := str(data.get(field) or "").strip().lower():
                # Of one length whatever is sent, and no email in the cache.
                return hashlib.blake2b(name.encode(errors="replace"), digest_size=16).hexdigest()
        return None


def _count(key: str, seconds: int) -> int:
    """Count one request under the key, and answer how many there have been."""
    found = _increment("counters", key, seconds)
    if found is not None:
        return found
    logger.warning("Redis is down: this process counts %s for itself", key.split(":")[1])
    return _increment("process", key, seconds) or 0


def _increment(alias: str, key: str, seconds: int) -> int | None:
    counters = caches[alias]
    counters.add(key, 0, timeout=seconds)
    try:
        found: int | None = counters.incr(key)  # None is django-redis's answer for a Redis down
    except ValueError:  # the key expired between the two calls: a new window
        return 1
    return found

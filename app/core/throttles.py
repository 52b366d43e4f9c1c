"""Request limits, counted in the shared cache so that they hold across processes."""

import hashlib
import ipaddress
import logging
import time
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.cache import caches
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

logger = logging.getLogger(__name__)

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Throttle(BaseThrottle):
    """Limits each caller to the rate in settings.THROTTLE_RATES of the view's throttle_scope."""

    def who(self, request: Request, view: Any) -> str | None:
        """Answer whom the request is counted for; None if it is not."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: Any) -> bool:
        who = self.who(request, view)
        self.seconds = None if who is None else attempt(view.throttle_scope, who)
        return self.seconds is None

    def wait(self) -> float | None:
        return self.seconds


class AddressThrottle(Throttle):
    """Counts by the address that the server saw: a header can be written by anyone."""

    def who(self, request: Request, view: Any) -> str | None:
        return network(request.META["REMOTE_ADDR"])


class AccountThrottle(Throttle):
    """Counts by the member who calls, or else by the account that the view's throttle_fields name.

    Whether there is such an account makes no difference.
    """

    def who(self, request: Request, view: Any) -> str | None:
        if request.user and request.user.is_authenticated:
            return f"member:{request.user.pk}"
        return _named(request, getattr(view, "throttle_fields", ()))


class WritesThrottled:
    """For a view: others are told of what one writes there, by mail or at Discord."""

    throttled_methods = frozenset({"POST", "PUT", "PATCH"})

    def get_throttles(self: Any) -> list[BaseThrottle]:
        return [AccountThrottle()] if self.request.method in self.throttled_methods else []


def _named(request: Request, fields: Iterable[str]) -> str | None:
    """Answer the account that the first of the fields names."""
    data = request.data if isinstance(request.data, dict) else {}
    return next(filter(None, (account(data.get(field)) for field in fields)), None)


def network(address: str) -> str:
    """Answer whom an address is of: a caller has 2^64 addresses of IPv6, and one network."""
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    # What a socket that takes both kinds makes of IPv4.
    return str(parsed.ipv4_mapped or ipaddress.IPv6Network((address, 64), strict=False))


def account(name: object) -> str | None:
    """Answer what an account's name is counted by: of one length, and no email in the cache."""
    name = "" if name is None else str(name).strip().lower()
    return (
        hashlib.blake2b(name.encode(errors="replace"), digest_size=16).hexdigest() if name else None
    )


def count_mail(email: str) -> None:
    """Count a mail to the mailbox, whoever asks for it: nobody's is flooded. Raises Throttled.

    To be called where the mail is about to go, so that nothing else uses up what a mailbox gets.
    """
    local, _, domain = email.rpartition("@")
    # Most servers take what follows a + for the owner's own note.
    mailbox = f"{local.partition('+')[0]}@{domain}"
    seconds = attempt("verify", f"mailbox:{account(mailbox)}")
    if seconds is not None:
        raise Throttled(seconds)


def attempt(scope: str, who: str) -> int | None:
    """Count an attempt; answer the whole seconds until the next window if it is one too many.

    Counts in fixed windows, so a caller may get two windows' worth across a boundary; in exchange
    a count is one atomic increment.
    """
    limit, period = settings.THROTTLE_RATES[scope].split("/")
    seconds = _SECONDS[period[0]]
    window, elapsed = divmod(time.time(), seconds)
    if _count(f"throttle:{scope}:{who}:{window:.0f}", seconds) <= int(limit):
        return None
    return int(seconds - elapsed) + 1


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

"""Requests to a service that limits them: within a budget, tried again, and read with suspicion."""

import hashlib
import random
import ssl
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, NamedTuple, Protocol, Self, TypeVar

import httpx
import msgspec

T = TypeVar("T")
Check = Callable[[Any, str], None]
"""Looks at an answer that came with 200, and raises a CallError where it is none."""


GARBLED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What reading an answer may raise, the latter where it is nested too deeply."""


class CallError(Exception):
    """A call that brought nothing. Never says the URL's query or the key."""

    retryable: ClassVar[bool]
    """Whether the same call may succeed later."""


class Unavailable(CallError):
    """The service is limiting, busy, confused or out of reach."""

    retryable = True


class Confused(Unavailable):
    """The service answers, and this time with what is no answer."""


class Refused(CallError):
    """The service does not accept the call."""

    retryable = False


class KeyRefused(Refused):
    """The service does not accept the key, or us."""


class NotThere(CallError):
    """The service has nothing of that name."""

    retryable = False


class OverBudget(CallError):
    """The call was not made: there have been as many as there may be, or the service needs rest."""

    retryable = True

    def __init__(self, reason: str, *, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds
        """How long until it may be made."""


class Turn(NamedTuple):
    seconds: float
    """How long to wait for it."""
    after_failures: bool
    """Whether the calls before it failed."""


class Budget(Protocol):
    def take(self, endpoint: str, *, again: bool = False) -> Turn:
        """Take a turn. Raises OverBudget when none comes soon, or `again` after the last one."""

    def failed(self, *, for_good: bool) -> None:
        """Note that the service fails, so that all give it a rest after some times."""

    def recovered(self) -> None:
        """Note that it answers again."""


class Garbage(NamedTuple):
    """What of an answer made no sense."""

    endpoint: str
    digest: str
    size: int
    reason: str
    match_id: int | None = None


class _Id(msgspec.Struct):
    match_id: int


@cache
def _certificates() -> ssl.SSLContext:
    # Reading them takes longer than most calls do.
    return httpx.create_ssl_context()


class Transport:
    """One connection pool to a service; to be closed when done.

    A call that failed for a passing reason is tried again, `attempts` times in all, after a random
    time that doubles at most from `backoff` seconds on.
    """

    def __init__(
        self,
        *,
        url: str,
        budget: Budget,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        timeout: float,
        backoff: float,
        attempts: int,
    ) -> None:
        self.usage: Counter[tuple[str, bool]] = Counter()
        """The requests sent by endpoint, and by whether they brought anything."""
        self.garbage: list[Garbage] = []
        self._attempts = attempts
        self._backoff = backoff
        self._budget = budget
        self._http = httpx.Client(
            base_url=url, headers=headers, params=params, timeout=timeout, verify=_certificates()
        )

    def close(self) -> None:
        self._http.close()

    @property
    def calls(self) -> int:
        return self.usage.total()

    def get(
        self,
        path: str,
        answer: type[T],
        *,
        endpoint: str,
        check: Check | None = None,
        again: bool = False,
        **params: Any,
    ) -> T:
        """Answer the JSON at the path, as that type; `again` if it was asked for just now.

        Raises Unavailable, Refused, NotThere or OverBudget, and what `check` does.
        """
        for attempt in range(1, self._attempts + 1):
            try:
                return self._get(path, answer, endpoint, check, params, again or attempt > 1)
            except Unavailable:
                if attempt == self._attempts:
                    raise
                time.sleep(random.uniform(0, self._backoff * 2 ** (attempt - 1)))  # noqa: S311
        raise AssertionError("attempts is at least 1")

    def each(self, raws: Sequence[msgspec.Raw], kind: type[T], *, endpoint: str) -> list[T]:
        """Decode the parts of an answer, and put aside those that make no sense."""
        found = []
        for raw in raws:
            try:
                found.append(msgspec.json.decode(raw, type=kind))
            except GARBLED as error:
                self.quarantine(endpoint, bytes(raw), str(error))
        return found

    def quarantine(self, endpoint: str, body: bytes, reason: str) -> None:
        """Note what made no sense. The payload itself is not kept: it may name people."""
        try:
            match_id = msgspec.json.decode(body, type=_Id).match_id
        except GARBLED:
            match_id = None
        digest = hashlib.sha256(body).hexdigest()
        in_range = match_id is not None and 0 < match_id < 2**63
        self.garbage.append(
            Garbage(endpoint, digest, len(body), reason[:200], match_id if in_range else None)
        )

    def _get(
        self,
        path: str,
        answer: type[T],
        endpoint: str,
        check: Check | None,
        params: dict[str, Any],
        again: bool,
    ) -> T:
        turn = self._budget.take(endpoint, again=again)
        if turn.seconds > 0:
            time.sleep(turn.seconds)
        brought = False
        try:
            response = self._send(path, endpoint, params)
            if turn.after_failures:
                self._budget.recovered()
            decoded = self._decode(response.content, answer, endpoint)
            if check is not None:
                check(decoded, endpoint)
            brought = True
        except (Unavailable, KeyRefused) as error:
            if not isinstance(error, Confused):
                self._budget.failed(for_good=not error.retryable)
            raise
        except NotThere:
            # An answer as good as any.
            if turn.after_failures:
                self._budget.recovered()
            raise
        finally:
            self.usage[endpoint, brought] += 1
        return decoded

    def _send(self, path: str, endpoint: str, params: dict[str, Any]) -> httpx.Response:
        try:
            response = self._http.get(path, params=params)
        except httpx.HTTPError as error:
            # Not the error itself: its request has the key.
            raise Unavailable(f"{endpoint}: {type(error).__name__}") from None
        status = response.status_code
        if status == 429 or status >= 500:
            raise Unavailable(f"{endpoint}: {status}")
        if status == 404:
            raise NotThere(f"{endpoint}: 404")
        if status in {401, 403}:
            raise KeyRefused(f"{endpoint}: {status}")
        if status != 200:
            raise Refused(f"{endpoint}: {status}")
        return response

    def _decode(self, body: bytes, answer: type[T], endpoint: str) -> T:
        try:
            return msgspec.json.decode(body, type=answer)
        except GARBLED as error:
            # HTML, half an answer or {}: what a service under load says.
            self.quarantine(endpoint, body, str(error))
            raise Confused(f"{endpoint}: {error}") from None


class Client:
    """Typed answers, or what each call may raise: Unavailable, Refused, NotThere, OverBudget.

    To be used as a context manager, which closes its connections.
    """

    transport: Transport

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.transport.close()

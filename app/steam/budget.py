"""How many calls a service may get, counted for all processes at once.

Three limits hold together: so many calls in any second, so many in any 24 hours, and for some
endpoints a pause after each call. Turns are given out one after another with a pause between them,
so that no second holds more, whoever asks; who would wait for longer than a moment comes back
later. A share of each limit is kept from the background, for people who are waiting.

Calls that fail in a row open the circuit: nobody calls for a while, which doubles with each failure
after it, and then one call tries.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import msgspec
from redis import Redis, RedisError

from app.steam.transport import OverBudget, Turn

T = TypeVar("T")
logger = logging.getLogger(__name__)

HOURS: Final = 25
"""A call counts in its hour. So many of them, of which the last has just begun, are more than any
24 hours."""
FAILURES: Final = 10
"""So many in a row open the circuit; a refusal does at once."""
REST: Final = 30.0
"""Seconds for which it opens first; at most it is LONGEST_REST."""
LONGEST_REST: Final = 900.0
TRIAL: Final = 15.0
"""Seconds for which the one call that tries has the line to itself."""
BLIND: Final = 60.0
"""Seconds until the background asks again while nobody can say what has been used."""


@dataclass(frozen=True)
class Limits:
    per_second: float
    per_day: int
    pauses: Mapping[str, float] = field(default_factory=dict)
    """Seconds between two calls of an endpoint that bears fewer."""
    reserved: float = 0.1
    """The share of each limit that only people who are waiting may use."""


class State(msgspec.Struct):
    """What has been used, in Unix seconds."""

    next: dict[str, float] = {}
    """When the next call may be made: of all, of the background's, of an endpoint's."""
    hours: dict[int, int] = {}
    """Calls by the hour, counted from 1970."""
    failures: int = 0
    open_until: float = 0

    @property
    def used(self) -> int:
        return sum(self.hours.values())


class Store(Protocol):
    def update(self, change: Callable[[State], T]) -> T:
        """Change the state, and answer what `change` does. Nobody else changes it meanwhile."""


class Standing(NamedTuple):
    """A budget, for people to read."""

    per_day: int
    used: int
    """Calls in the last 24 to 25 hours."""
    for_background: int
    """How many of the rest the background may make."""
    failures: int
    rests_for: float
    """Seconds until the circuit closes; 0 while it is closed."""


class Budget:
    """The background's part of the limits, or with `interactive` all of them."""

    def __init__(self, store: Store, limits: Limits, *, interactive: bool = False) -> None:
        self._store = store
        self._limits = limits
        self._interactive = interactive

    def take(self, endpoint: str, *, again: bool = False) -> Turn:
        """Take a turn. Raises OverBudget when none comes soon, or `again` after the last one.

        A turn this near is waited for; what is further away is another task's time. Who asks again
        has just had one, and is given the pause after it: nobody would ever ask twice otherwise.
        """
        patience = 2.0 if self._interactive else 1.0
        if again:
            patience += self.pause(endpoint)
        return self._store.update(lambda state: self._take(state, endpoint, time.time(), patience))

    def failed(self, *, for_good: bool) -> None:
        """Note that the service fails, so that all give it a rest after some times."""

        def change(state: State) -> None:
            state.failures = max(state.failures + 1, FAILURES if for_good else 0)
            if state.failures >= FAILURES:
                rest = min(REST * 2.0 ** min(state.failures - FAILURES, 10), LONGEST_REST)
                state.open_until = time.time() + rest

        self._store.update(change)

    def recovered(self) -> None:
        """Note that it answers again."""

        def change(state: State) -> None:
            state.failures, state.open_until = 0, 0

        self._store.update(change)

    def standing(self) -> Standing:
        def read(state: State) -> Standing:
            now = time.time()
            _forget(state, now)
            return Standing(
                per_day=self._limits.per_day,
                used=state.used,
                for_background=max(0, self._per_day(interactive=False) - state.used),
                failures=state.failures,
                rests_for=max(0.0, state.open_until - now),
            )

        return self._store.update(read)

    def room(self, endpoint: str, seconds: float) -> int:
        """Answer how many calls of the endpoint the background may make in so many seconds.

        0 while nobody can say, or the service is given a rest.
        """
        try:
            standing = self.standing()
        except OverBudget:
            return 0
        if standing.rests_for:
            return 0
        return min(standing.for_background, int(seconds / self.pause(endpoint)))

    def pause(self, endpoint: str) -> float:
        """Answer the seconds between two calls of the endpoint."""
        return max(self._pauses(endpoint).values())

    def _per_day(self, *, interactive: bool) -> int:
        kept = 0.0 if interactive else self._limits.reserved
        return int(self._limits.per_day * (1 - kept))

    def _pauses(self, endpoint: str) -> dict[str, float]:
        pauses = {"all": 1 / self._limits.per_second}
        if not self._interactive:
            pauses["background"] = pauses["all"] / (1 - self._limits.reserved)
        if endpoint in self._limits.pauses:
            pauses[endpoint] = self._limits.pauses[endpoint]
        return pauses

    def _take(self, state: State, endpoint: str, now: float, patience: float) -> Turn:
        if state.open_until > now:
            seconds = state.open_until - now
            raise OverBudget("The service fails and is given a rest", seconds=seconds)
        _forget(state, now)
        if state.used >= self._per_day(interactive=self._interactive):
            seconds = (min(state.hours) + HOURS) * 3600 - now if state.hours else 3600.0
            raise OverBudget("The calls of the day are used up", seconds=seconds)
        pauses = self._pauses(endpoint)
        at = max(now, *(state.next.get(name, 0.0) for name in pauses))
        if at - now > patience:
            raise OverBudget("Others are calling", seconds=at - now)
        state.next |= {name: at + pause for name, pause in pauses.items()}
        hour = int(at // 3600)
        state.hours[hour] = state.hours.get(hour, 0) + 1
        if state.failures >= FAILURES:
            state.open_until = now + TRIAL
        return Turn(at - now, state.failures > 0)


def _forget(state: State, now: float) -> None:
    first = int(now // 3600) - HOURS + 1
    state.hours = {hour: calls for hour, calls in state.hours.items() if hour >= first}


class LocalStore:
    """The state of one process, where there is no other."""

    def __init__(self) -> None:
        self._state = State()
        self._lock = threading.Lock()

    def update(self, change: Callable[[State], T]) -> T:
        with self._lock:
            return change(self._state)


class RedisStore:
    """The state that all processes share.

    Without Redis nobody knows what the others use: then the background waits, and for people who do
    not, each process counts for itself.
    """

    def __init__(self, redis: Callable[[], "Redis"], key: str, otherwise: Store | None) -> None:
        self._redis, self._key, self._otherwise = redis, key, otherwise

    def update(self, change: Callable[[State], T]) -> T:
        try:
            return self._update(change)
        except RedisError as error:
            logger.warning("Redis is down: %s", type(error).__name__)
            if self._otherwise is None:
                raise OverBudget("The budget cannot be read", seconds=BLIND) from None
            return self._otherwise.update(change)

    def _update(self, change: Callable[[State], T]) -> T:
        def write(pipe: Any) -> T:
            raw = pipe.get(self._key)
            state = msgspec.json.decode(raw, type=State) if raw else State()
            answer = change(state)
            pipe.multi()
            pipe.set(self._key, msgspec.json.encode(state), ex=HOURS * 3600)
            return answer

        # Redis takes the write only if nobody has written since the read, and else it is redone.
        redis: Any = self._redis()  # whose stubs know of no value
        answer: T = redis.transaction(write, self._key, value_from_callable=True)
        return answer

"""What the fakes of services over HTTP have in common: an address, faults and a record."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import ClassVar, Self

from tests.fakes.faults import Fault
from tests.fakes.listener import Listener, Request
from tests.fakes.replies import Reply


@dataclass(frozen=True)
class Call:
    """A request that reached the fake, refused ones too. Its keys and secrets are not kept."""

    method_name: str
    params: dict[str, str]
    #: The HTTP status, None where the connection was dropped.
    status: int | None
    #: Seconds on the monotonic clock, which frozen time does not stop: for spacing only.
    at: float
    #: When it came, by the clock that a test may set: for how many came in how long.
    time: float


class Fake(ABC):
    """A service on a free loopback port. All methods may be called while it serves.

    As a context manager it serves from a daemon thread until the block ends.
    """

    fault: ClassVar[type[Fault]]

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._calls: list[Call] = []
        self._faults: list[Fault] = []
        self._lock = Lock()
        self._listener: Listener | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._listener = Listener(self._address, self._respond)
        self._listener.start()

    def stop(self) -> None:
        """Stop listening and close what connections are open; waits for no slow answer."""
        if self._listener is not None:
            self._listener.stop()
            self._listener = None

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        if self._listener is None:
            raise RuntimeError("the fake has an address only while it runs")
        return f"http://{self._address[0]}:{self._listener.server_address[1]}"

    def fail(
        self,
        kind: str,
        *,
        every: int = 1,
        after: int = 0,
        times: int | None = None,
        endpoint: str | None = None,
        seconds: float | None = None,
    ) -> None:
        """Make requests go wrong from now on: all, or those that `Fault` describes.

            fake.fail("429", times=2)              # the next two requests
            fake.fail("503", every=3)              # every third one
            fake.fail("slow", after=5, seconds=2)  # all but the next five
            fake.fail("drop", endpoint="GetMatchHistory")

        Kinds: 429, 500, 503; empty and garbage, both with a status of 200; truncated, slow and
        drop; and what the service's own faults add. Of several faults the first that strikes
        wins, and those after it do not count that request: so `fail("429", times=1)` and then
        `fail("drop", times=1)` spoil one request each. A request that is refused anyway, as
        with a wrong key, is none of theirs.
        """
        seconds = self.fault.seconds if seconds is None else seconds
        self.add_fault(self.fault(kind, every, after, times, endpoint, seconds))

    def add_fault(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear_faults(self) -> None:
        with self._lock:
            self._faults.clear()

    @property
    def calls(self) -> list[Call]:
        with self._lock:
            return list(self._calls)

    def clear_calls(self) -> None:
        with self._lock:
            self._calls.clear()

    def count(self, method_name: str | None = None) -> int:
        """How many calls there were, of one method or of all."""
        return sum(method_name in {None, call.method_name} for call in self.calls)

    def busiest(self, seconds: float, method_name: str | None = None) -> int:
        """The greatest number of calls in any stretch of so many seconds, refused ones too."""
        # Threads record in another order than they were asked, if only by a little.
        times = sorted(call.time for call in self.calls if method_name in {None, call.method_name})
        most = first = 0
        for last, now in enumerate(times):
            while now - times[first] >= seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    @abstractmethod
    def _respond(self, request: Request) -> Reply | None:
        """What is sent; None is a connection closed without a word."""

    def _spoiled(self, endpoint: str, answer: Callable[[], Reply]) -> Reply | None:
        """The answer, or what the first fault that strikes makes of it."""
        fault = next((fault for fault in self._faults if fault.strikes(endpoint)), None)
        return fault.spoil(answer) if fault else answer()

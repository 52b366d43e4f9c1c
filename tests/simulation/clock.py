"""Time that passes when somebody sleeps, and for all of the process at once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from unittest import mock

from django.utils import timezone


class Clock:
    def __init__(self, start: datetime) -> None:
        self.now = start.timestamp()

    def time(self) -> float:
        return self.now

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def reach(self, now: float) -> None:
        """Let time pass until then, if it is not past already."""
        self.now = max(self.now, now)


@contextmanager
def ticking(clock: Clock) -> Iterator[None]:
    """Have everybody ask this clock: the app, the fakes, and who sleeps."""
    with (
        mock.patch.object(time, "time", clock.time),
        mock.patch.object(time, "sleep", clock.sleep),
        mock.patch.object(timezone, "now", clock.moment),
    ):
        yield

"""When the function that runs a task will be stopped, for the task to stop before."""

import time
from contextvars import ContextVar
from math import inf

_ends_at: ContextVar[float] = ContextVar("ends_at", default=inf)


def begin(seconds: float) -> None:
    """Say how many seconds are left from now."""
    _ends_at.set(time.monotonic() + seconds)


def left() -> float:
    """Answer the seconds that are left; without end where nobody said."""
    return _ends_at.get() - time.monotonic()

"""How often a service may be asked, by the clock that a test may set."""

from collections import deque


class Window:
    """So many calls in any stretch of so many seconds, wherever it begins."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._taken: deque[float] = deque()

    def left(self, now: float) -> int:
        while self._taken and now - self._taken[0] >= self._seconds:
            self._taken.popleft()
        return max(0, self._limit - len(self._taken))

    def take(self, now: float) -> None:
        self._taken.append(now)


def take(windows: list[Window], now: float) -> bool:
    """Whether a call may pass all of them now. One that may not is counted in none."""
    if not all(window.left(now) for window in windows):
        return False
    for window in windows:
        window.take(now)
    return True

"""How often a route may be asked."""

import time
from math import ceil
from typing import Final

MEMBERS: Final = "9f1c5a7e0b3d2468"
WEBHOOK: Final = "2c7d90e4b8a16f35"


class Bucket:
    """So many requests in a window that the first of them opens."""

    def __init__(self, name: str, limit: int, window: float) -> None:
        self.refused = 0
        self._name = name
        self._limit = limit
        self._window = window
        self._taken = 0
        self._resets_at = 0.0

    def take(self) -> bool:
        """Whether a request may pass now. Asking counts it."""
        now = time.monotonic()
        if now >= self._resets_at:
            self._taken, self._resets_at = 0, now + self._window
        if self._taken >= self._limit:
            self.refused += 1
            return False
        self._taken += 1
        return True

    @property
    def resets_after(self) -> float:
        """Seconds, to the thousandth, and never too few."""
        return ceil(max(0.0, self._resets_at - time.monotonic()) * 1000) / 1000

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self._limit),
            "X-RateLimit-Remaining": str(self._limit - self._taken),
            "X-RateLimit-Reset-After": f"{self.resets_after:.3f}",
            "X-RateLimit-Bucket": self._name,
        }

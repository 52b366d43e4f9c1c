"""How Discord goes wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from tests.fakes import faults
from tests.fakes.discord.replies import (
    INTERNAL_ERROR,
    NOTHING,
    OUTAGE,
    UNAVAILABLE,
    rate_limited,
)
from tests.fakes.replies import Reply


@dataclass
class Fault(faults.Fault):
    """The common kinds. A 429 asks for a rest of `seconds`, and counts as no refusal."""

    SUBSTITUTES: ClassVar = {
        "429": rate_limited(1),
        "500": INTERNAL_ERROR,
        "503": UNAVAILABLE,
        "empty": NOTHING,
        "garbage": OUTAGE,
    }
    ENDPOINTS: ClassVar = frozenset({"token", "me", "member", "members", "webhook"})

    seconds: float = 1.0

    def spoil(self, answer: Callable[[], Reply]) -> Reply | None:
        return rate_limited(self.seconds) if self.kind == "429" else super().spoil(answer)

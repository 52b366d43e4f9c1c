"""How OpenDota goes wrong."""

from typing import ClassVar

from tests.fakes import faults
from tests.fakes.opendota.replies import (
    CHECKING_BROWSER,
    INTERNAL_ERROR,
    MINUTE_LIMIT_EXCEEDED,
    NOTHING,
    UNAVAILABLE,
)


class Fault(faults.Fault):
    """The common kinds. A 429 comes with calls left, as when others share the address."""

    SUBSTITUTES: ClassVar = {
        "429": MINUTE_LIMIT_EXCEEDED,
        "500": INTERNAL_ERROR,
        "503": UNAVAILABLE,
        "empty": NOTHING,
        "garbage": CHECKING_BROWSER,
    }
    ENDPOINTS: ClassVar = frozenset({"matches", "search"})

"""How Steam goes wrong."""

from typing import ClassVar

from tests.fakes import faults
from tests.fakes.steam.replies import (
    HISTORY_NOT_ALLOWED,
    INTERNAL_ERROR,
    MAINTENANCE,
    NOTHING,
    RETRIEVAL_ERROR,
    TOO_MANY_REQUESTS,
    UNAVAILABLE,
)
from tests.fakes.steam.web_api import METHOD_NAMES

#: Among the methods of the Web API, the check of an assertion.
OPENID = "openid"


class Fault(faults.Fault):
    """Beside the common kinds: status2 and status15, each for the one method that knows it."""

    SUBSTITUTES: ClassVar = {
        "429": TOO_MANY_REQUESTS,
        "500": INTERNAL_ERROR,
        "503": UNAVAILABLE,
        "status2": RETRIEVAL_ERROR,
        "status15": HISTORY_NOT_ALLOWED,
        "empty": NOTHING,
        "garbage": MAINTENANCE,
    }
    ENDPOINTS: ClassVar = METHOD_NAMES | {OPENID}
    ONLY_ENDPOINT: ClassVar = {
        "status2": "GetMatchHistoryBySequenceNum",
        "status15": "GetMatchHistory",
    }

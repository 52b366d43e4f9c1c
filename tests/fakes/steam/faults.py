"""How Steam goes wrong."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import ClassVar

from tests.fakes import faults
from tests.fakes.replies import Reply
from tests.fakes.steam.matches import Raw
from tests.fakes.steam.replies import (
    HISTORY_NOT_ALLOWED,
    INTERNAL_ERROR,
    MAINTENANCE,
    NOTHING,
    RETRIEVAL_ERROR,
    STATUS_ALONE,
    TOO_MANY_REQUESTS,
    UNAVAILABLE,
)
from tests.fakes.steam.web_api import METHOD_NAMES

#: Among the methods of the Web API, the check of an assertion.
OPENID = "openid"


def _wrong_type(raw: Raw) -> None:
    # An entry of a history has no statistics.
    if "duration" in raw:
        raw["players"][0]["kills"] = "many"
    else:
        raw["start_time"] = "today"


def _missing_key(raw: Raw) -> None:
    del raw["match_seq_num"]


def _huge_id(raw: Raw) -> None:
    raw["match_id"] = 2**63


def _negative(raw: Raw) -> None:
    if "duration" in raw:
        raw["duration"] = -5
    else:
        raw["start_time"] = -1


def _bent(bend: Callable[[Raw], None], reply: Reply) -> Reply:
    """The answer with its first match bent and the rest true; one without matches is `{}`."""
    payload = json.loads(reply.body) if reply.content_type.startswith("application/json") else {}
    matches = payload.get("result", {}).get("matches")
    if matches is None:
        return NOTHING
    for raw in matches[:1]:
        bend(raw)
    return Reply.json(payload)


def _not_utf8(reply: Reply) -> Reply:
    """The answer with a byte of Latin-1 in its first text."""
    return replace(reply, body=reply.body.replace(b'":"', b'":"\xe9', 1))


class Fault(faults.Fault):
    """Beside the common kinds: status2 and status15, each for the one method that knows it, and
    bare, which says that all is well and no more.

    And wrong_types, missing_keys, huge_ids and negative: the first match of an answer makes no
    sense, in a history as in full, and the others are true. What has no matches is empty. And
    not_utf8.
    """

    SUBSTITUTES: ClassVar = {
        "429": TOO_MANY_REQUESTS,
        "500": INTERNAL_ERROR,
        "503": UNAVAILABLE,
        "status2": RETRIEVAL_ERROR,
        "status15": HISTORY_NOT_ALLOWED,
        "empty": NOTHING,
        "bare": STATUS_ALONE,
        "garbage": MAINTENANCE,
    }
    ENDPOINTS: ClassVar = METHOD_NAMES | {OPENID}
    ONLY_ENDPOINT: ClassVar = {
        "status2": "GetMatchHistoryBySequenceNum",
        "status15": "GetMatchHistory",
    }
    BENT: ClassVar = {
        "wrong_types": partial(_bent, _wrong_type),
        "missing_keys": partial(_bent, _missing_key),
        "huge_ids": partial(_bent, _huge_id),
        "negative": partial(_bent, _negative),
        "not_utf8": _not_utf8,
    }

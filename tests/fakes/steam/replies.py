"""The bytes of an answer, and the HTML pages that Steam answers with when it refuses."""

import json
from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    content_type: str
    delay: float = 0.0

    @classmethod
    def json(cls, payload: object, *, status: int = 200) -> Self:
        body = json.dumps(payload, separators=(",", ":")).encode()
        return cls(status, body, "application/json; charset=UTF-8")

    @classmethod
    def page(cls, status: int, title: str, text: str = "") -> Self:
        head = f"<html><head><title>{title}</title></head>"
        body = f"{head}<body><h1>{title}</h1>{text}</body></html>"
        return cls(status, body.encode(), "text/html; charset=UTF-8")

    def cut_short(self) -> Self:
        """Half the body, declared as if it were all of it: only parsing finds out."""
        return replace(self, body=self.body[: len(self.body) // 2])

    def delayed(self, seconds: float) -> Self:
        return replace(self, delay=seconds)


BAD_REQUEST = Reply.page(
    400, "Bad Request", "Please verify that all required parameters are being sent"
)
FORBIDDEN = Reply.page(
    403,
    "Forbidden",
    "Access is denied. Retrying will not help. Please verify your <pre>key=</pre> parameter.",
)
NOT_FOUND = Reply.page(404, "Not Found")
METHOD_NOT_ALLOWED = Reply.page(
    405, "Method Not Allowed", "This API must be called with a HTTP GET request"
)
TOO_MANY_REQUESTS = Reply.page(429, "Too Many Requests")
INTERNAL_ERROR = Reply.page(500, "Internal Server Error")
UNAVAILABLE = Reply.page(503, "Service Unavailable")
MAINTENANCE = Reply.page(200, "Steam is down for maintenance")
NOTHING = Reply.json({})
RETRIEVAL_ERROR = Reply.json(
    {"result": {"status": 2, "statusDetail": "Error retrieving match data."}}
)
HISTORY_NOT_ALLOWED = Reply.json(
    {
        "result": {
            "status": 15,
            "statusDetail": "Cannot get match history for a user that hasn't allowed it",
        }
    }
)

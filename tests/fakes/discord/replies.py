"""What Discord says when it refuses: JSON with a number of its own."""

from math import ceil

from tests.fakes.replies import Reply


def refusal(status: int, message: str, code: int = 0) -> Reply:
    return Reply.json({"message": message, "code": code}, status=status)


def rate_limited(seconds: float) -> Reply:
    payload = {
        "message": "You are being rate limited.",
        "retry_after": seconds,
        "global": False,
    }
    # Whole seconds, so that who trusts the header alone is not too early.
    return Reply.json(payload, status=429).with_headers({"Retry-After": str(ceil(seconds))})


UNAUTHORIZED = refusal(401, "401: Unauthorized")
NOT_FOUND = refusal(404, "404: Not Found")
METHOD_NOT_ALLOWED = refusal(405, "405: Method Not Allowed")
INTERNAL_ERROR = refusal(500, "500: Internal Server Error")
UNAVAILABLE = refusal(503, "503: Service Unavailable")
MISSING_ACCESS = refusal(403, "Missing Access", 50001)
UNKNOWN_GUILD = refusal(404, "Unknown Guild", 10004)
UNKNOWN_WEBHOOK = refusal(404, "Unknown Webhook", 10015)
INVALID_WEBHOOK_TOKEN = refusal(401, "Invalid Webhook Token", 50027)
EMPTY_MESSAGE = refusal(400, "Cannot send an empty message", 50006)
INVALID_FORM_BODY = refusal(400, "Invalid Form Body", 50035)
NO_CONTENT = Reply(204, b"", "application/json")
OUTAGE = Reply.page(200, "Discord has an outage")
NOTHING = Reply.json({})

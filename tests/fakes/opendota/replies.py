"""What OpenDota says when it refuses: JSON with one word, or a page of what is in front of it."""

from tests.fakes.replies import Reply


def refusal(status: int, error: str) -> Reply:
    return Reply.json({"error": error}, status=status)


NOT_FOUND = refusal(404, "Not Found")
MINUTE_LIMIT_EXCEEDED = refusal(429, "minute rate limit exceeded")
DAY_LIMIT_EXCEEDED = refusal(429, "daily api limit exceeded")
INTERNAL_ERROR = refusal(500, "Internal Server Error")
UNAVAILABLE = Reply.page(503, "503 Service Temporarily Unavailable")
NO_QUERY = Reply.json([], status=400)
CHECKING_BROWSER = Reply.page(200, "Checking your browser")
NOTHING = Reply.json({})

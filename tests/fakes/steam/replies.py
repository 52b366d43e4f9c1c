"""What Steam says when it refuses: pages of HTML for the most part."""

from tests.fakes.replies import Reply

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
STATUS_ALONE = Reply.json({"result": {"status": 1}})
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

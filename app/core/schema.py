"""What the OpenAPI schema says beyond what drf-spectacular reads off the views."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

_ERROR = {
    "type": "object",
    "properties": {"detail": {"type": "string"}, "code": {"type": "string"}},
    "required": ["detail", "code"],
}
_VALIDATION_ERROR = {
    "type": "object",
    "properties": {
        "error": {"type": "string"},
        "code": {"type": "string"},
        "details": {
            "type": "object",
            "additionalProperties": {},
            "description": "What is wrong, as sentences by field.",
        },
    },
    "required": ["error", "code", "details"],
    "example": {
        "error": "Validation Error",
        "code": "invalid",
        "details": {"name": ["This field may not be blank."]},
    },
}
_DESCRIPTIONS = {
    400: "The request is malformed, or breaks a rule of a field.",
    401: "Nobody is signed in, or the token is not valid.",
    403: "The caller may not do this.",
    404: "There is nothing here, or nothing that the caller may see.",
    409: "A rule of the domain forbids it as things stand.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    429: "Too many requests: try again after the seconds in Retry-After.",
}


class Schema(AutoSchema):
    def get_tags(self) -> list[str]:
        tags: list[str] = super().get_tags()
        return ["auth"] if self.path.startswith("/api/auth/") else tags


def document_errors(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Give every operation the errors that it can answer, in the one format."""
    result["components"]["schemas"] |= {"Error": _ERROR, "ValidationError": _VALIDATION_ERROR}
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            for status in _errors(path, method, operation):
                operation["responses"].setdefault(str(status), _response(status))
    return result


def _errors(path: str, method: str, operation: dict[str, Any]) -> list[int]:
    reads = method == "get"
    has_input = "requestBody" in operation or any(
        parameter["in"] == "query" for parameter in operation.get("parameters", [])
    )
    # A public route has an empty alternative among its ways to sign in, or none at all; a token
    # that is sent along must be valid there too.
    closed = {} not in operation.get("security", [{}])
    found = {
        400: has_input,
        401: bool(operation.get("security")) or path.startswith("/api/auth/"),
        403: closed or path.startswith("/api/auth/session/"),
        404: "{" in path or (reads and has_input),
        409: not reads,
        413: "requestBody" in operation,
        415: "requestBody" in operation,
        429: "x-throttled" in operation or path.startswith("/api/auth/"),
    }
    return [status for status, answered in found.items() if answered]


def _response(status: int) -> dict[str, Any]:
    name = "ValidationError" if status == 400 else "Error"
    return {
        "description": _DESCRIPTIONS[status],
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
    }

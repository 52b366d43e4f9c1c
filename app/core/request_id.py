"""One id for everything that a request or an invocation does, in each of its log lines."""

import logging
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse

current: ContextVar[str] = ContextVar("request_id", default="")


class RequestIdMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = _gateway_id(request) or uuid.uuid4().hex
        current.set(request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current.get()
        return True


def _gateway_id(request: HttpRequest) -> str | None:
    """Take API Gateway's id, which its access log has too, and never one from a header."""
    if not isinstance(request, ASGIRequest):
        return None
    context = request.scope.get("aws.event", {}).get("requestContext", {})
    request_id: str | None = context.get("requestId")
    return request_id

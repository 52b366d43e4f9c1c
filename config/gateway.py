"""API Gateway's events into Django, on the thread that Lambda calls.

Mangum knows what an event means and how an answer to it looks; between the two Django's
synchronous handler is called as it is. Django's ASGI handler gives each request a fresh thread, and
with it a fresh database connection that is never closed. A Lambda environment serves one request at
a time, so nothing here needs an event loop or a second thread. docs/decisions.md has the figures.
"""

import logging
from functools import cached_property
from io import BytesIO
from typing import Any

from django.core import signals
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpResponseBase
from django.urls import set_script_prefix
from mangum import Mangum
from mangum.handlers.api_gateway import HTTPGateway
from mangum.types import LambdaContext, LambdaEvent, Response, Scope

from app.core.errors import MALFORMED, SERVER_ERROR, error_response

logger = logging.getLogger(__name__)


class Application(ASGIHandler):
    """Django, from an ASGI scope to an answer."""

    def __init__(self) -> None:
        # Not ASGIHandler's, which loads the middleware in its asynchronous form.
        self.load_middleware(is_async=False)

    def answer(self, scope: Scope, body: bytes) -> Response:
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, _ = self.create_request(scope, BytesIO(body))
        response: HttpResponseBase
        if request is None:
            response = error_response(400, MALFORMED, code="bad_request")
        else:
            # Not every event has the header, and without it REST framework reads nothing.
            request.META["CONTENT_LENGTH"] = str(len(body))
            response = self.get_response(request)
        try:
            # A server drops the body of an answer to HEAD; here there is none.
            content = b"" if scope["method"] == "HEAD" else b"".join(response)
        except Exception:
            logger.exception("The body of an answer broke off")
            response.close()
            response = error_response(500, SERVER_ERROR, code="error")
            content = response.content
        response.close()
        return {"status": response.status_code, "headers": _headers(response), "body": content}


def _headers(response: HttpResponseBase) -> list[list[bytes]]:
    # As UTF-8, which is how Mangum reads them; Latin-1 would make it raise.
    headers = [[name.encode(), value.encode()] for name, value in response.items()]
    cookies = [morsel.OutputString().encode() for morsel in response.cookies.values()]
    return headers + [[b"set-cookie", cookie] for cookie in cookies]


class Event(HTTPGateway):
    """An HTTP API's event, whose scope is asked for twice and made once."""

    @cached_property
    def scope(self) -> Scope:
        return super().scope


class Gateway(Mangum):
    """A Lambda handler for HTTP APIs (payload 2.0) and REST APIs (1.0)."""

    def __init__(self, application: Application) -> None:
        super().__init__(
            application,  # type: ignore[arg-type]  # which is called by another name
            lifespan="off",
            custom_handlers=[Event],
        )
        self.application = application

    def __call__(self, event: LambdaEvent, context: LambdaContext) -> dict[str, Any]:
        adapter = self.infer(event, context)
        try:
            scope = adapter.scope
        except ValueError:
            # Mangum reads the port off the Host header, which the caller wrote.
            refusal = error_response(400, MALFORMED, code="bad_request")
            request_id = event["requestContext"].get("requestId", "")
            return {
                "statusCode": refusal.status_code,
                "headers": {**refusal.headers, "X-Request-ID": request_id},
                "body": refusal.content.decode(),
                "isBase64Encoded": False,
            }
        return adapter(self.application.answer(scope, adapter.body))

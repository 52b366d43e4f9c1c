"""API Gateway events through Mangum into Django, on the thread that Lambda calls.

Django's own ASGI handler gives each request a fresh thread, and with it a fresh database
connection that is never closed. A Lambda environment serves one request at a time, so nothing here
needs an event loop or a second thread: Mangum's coroutine is driven by hand and Django's
synchronous handler answers inside of it. docs/decisions.md has the figures.
"""

from collections.abc import Coroutine
from io import BytesIO
from typing import Any

from django.core import signals
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpResponseBase
from django.urls import set_script_prefix
from mangum import Mangum
from mangum.protocols import HTTPCycle
from mangum.types import ASGI, LambdaContext, LambdaEvent, Receive, Scope, Send

from app.core.errors import MALFORMED, error_response


class Application(ASGIHandler):
    """Django as an ASGI application that never waits."""

    def __init__(self) -> None:
        # Not ASGIHandler's, which loads the middleware in its asynchronous form.
        self.load_middleware(is_async=False)

    async def __call__(  # type: ignore[override]  # the same protocol, as Mangum types it
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        # Lambda hands over the whole body at once.
        sent: bytes = (await receive())["body"]
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, _ = self.create_request(scope, BytesIO(sent))
        response: HttpResponseBase
        if request is None:
            response = error_response(400, MALFORMED, code="bad_request")
        else:
            # Not every event has the header, and without it REST framework reads nothing.
            request.META["CONTENT_LENGTH"] = str(len(sent))
            response = self.get_response(request)
        try:
            # A server drops the body of an answer to HEAD; here there is none.
            body = b"" if scope["method"] == "HEAD" else b"".join(response)
            await send(
                {
                    "type": "http.response.start",
                    "status": response.status_code,
                    "headers": _headers(response),
                }
            )
            await send({"type": "http.response.body", "body": body})
        finally:
            response.close()


def _headers(response: HttpResponseBase) -> list[tuple[bytes, bytes]]:
    # As UTF-8, which is how Mangum reads them; Latin-1 would make it raise.
    headers = [(name.encode(), value.encode()) for name, value in response.items()]
    cookies = [morsel.OutputString().encode() for morsel in response.cookies.values()]
    return headers + [(b"set-cookie", cookie) for cookie in cookies]


class Gateway(Mangum):
    """A Lambda handler for HTTP APIs (payload 2.0) and REST APIs (1.0)."""

    def __init__(self, app: ASGI) -> None:
        super().__init__(app, lifespan="off")

    def __call__(self, event: LambdaEvent, context: LambdaContext) -> dict[str, Any]:
        adapter = self.infer(event, context)
        try:
            cycle = HTTPCycle(adapter.scope, adapter.body)
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
        drive(cycle.run(self.app))
        return adapter({"status": cycle.status, "headers": cycle.headers, "body": cycle.body})


def drive(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that never waits.

    Raises RuntimeError if it does: there is no event loop here that could wake it.
    """
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError("The application waited for something, and there is no event loop.")

"""API Gateway between httpx and a Lambda handler.

A request becomes the event that API Gateway makes of it, and the handler's answer the response
that its caller gets: payload 2.0 is the HTTP API's, 1.0 the REST API's.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

import httpx

Event = dict[str, Any]
Answer = dict[str, Any]

ACCOUNT, REGION = "123456789012", "eu-west-1"
# What stays between the client and the gateway.
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
# Any other type comes in base64, and so does a body without one.
_TEXT = ("text/", "application/json", "application/javascript", "application/xml")


class InvocationFailed(Exception):
    """The function raised instead of answering; a gateway would say 500 and no more."""


class TimedOut(Exception):
    """The function took longer than it may, and is no more."""


class LambdaTransport(httpx.BaseTransport):
    """Hand each request to a function, as an API Gateway that `source_ip` calls would.

    The response carries the event in its extensions.
    """

    def __init__(
        self,
        invoke: Callable[[Event], Answer],
        payload: Literal["2.0", "1.0"] = "2.0",
        source_ip: str = "203.0.113.7",
    ) -> None:
        self.source_ip = source_ip
        self._invoke = invoke
        self._make_event = {"2.0": http_api_event, "1.0": rest_api_event}[payload]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        event = self._make_event(request, self.source_ip)
        answer = self._invoke(event)
        headers = [(name, str(value)) for name, value in (answer.get("headers") or {}).items()]
        for name, values in (answer.get("multiValueHeaders") or {}).items():
            # Where both name a header, the list of values counts.
            headers = [header for header in headers if header[0].lower() != name.lower()]
            headers += [(name, value) for value in values]
        headers += [("set-cookie", cookie) for cookie in answer.get("cookies") or []]
        body = answer.get("body") or ""
        content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        return httpx.Response(
            answer["statusCode"],
            headers=headers,
            content=b"" if request.method == "HEAD" else content,
            extensions={"event": event},
        )


def in_process(handler: Callable[[Event, Any], Answer]) -> Callable[[Event], Answer]:
    """Invoke a handler of this process; both sides see what JSON leaves of the other's."""

    def invoke(event: Event) -> Answer:
        answer: Answer = json.loads(json.dumps(handler(json.loads(json.dumps(event)), Context())))
        return answer

    return invoke


def emulated(base_url: str) -> Callable[[Event], Answer]:
    """Invoke the function behind a runtime interface emulator, which takes one event at a time.

    Raises InvocationFailed; TimedOut.
    https://github.com/aws/aws-lambda-runtime-interface-emulator
    """
    url = f"{base_url}/2015-03-31/functions/function/invocations"

    def invoke(event: Event) -> Answer:
        response = httpx.post(url, json=event, timeout=60, trust_env=False)
        if response.text.startswith("Task timed out"):
            raise TimedOut(response.text)
        response.raise_for_status()
        answer: Answer = response.json()
        if "errorMessage" in answer:
            raise InvocationFailed(f"{answer.get('errorType')}: {answer['errorMessage']}")
        return answer

    return invoke


@dataclass(frozen=True)
class Context:
    """What Lambda hands to a handler beside the event.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    function_name: str = "guildhall-api"
    function_version: str = "$LATEST"
    memory_limit_in_mb: str = "512"
    timeout: float = 30
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    identity: None = None
    client_context: None = None
    _started: float = field(default_factory=time.monotonic)

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        return f"{datetime.now(UTC):%Y/%m/%d}/[{self.function_version}]{self.aws_request_id}"

    def get_remaining_time_in_millis(self) -> int:
        left = self.timeout - (time.monotonic() - self._started)
        return max(0, int(left * 1000))


def http_api_event(request: httpx.Request, source_ip: str) -> Event:
    """The event of payload 2.0, whose path is decoded and whose query is not."""
    path, _, query = request.url.raw_path.decode().partition("?")
    headers: dict[str, str] = {}
    for name, value in _headers(request, source_ip):
        name = name.lower()
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    cookies = [cookie.strip() for cookie in headers.pop("cookie", "").split(";") if cookie.strip()]
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    now = datetime.now(UTC)
    event: Event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": unquote(path),
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "a1b2c3d4e5",
            "domainName": request.url.host,
            "domainPrefix": request.url.host.partition(".")[0],
            "http": {
                "method": request.method,
                "path": unquote(path),
                "protocol": "HTTP/1.1",
                "sourceIp": source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": base64.b64encode(uuid.uuid4().bytes[:11]).decode(),
            "routeKey": "$default",
            "stage": "$default",
            "time": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    # Keys without a value are left out.
    if cookies:
        event["cookies"] = cookies
    if parameters:
        event["queryStringParameters"] = parameters
    if request.content:
        # A REST API says nothing of the length.
        headers["content-length"] = str(len(request.content))
        event["body"], event["isBase64Encoded"] = _body(request)
    return event


def rest_api_event(request: httpx.Request, source_ip: str) -> Event:
    """The event of payload 1.0, whose query is decoded and whose path is not."""
    path, _, query = request.url.raw_path.decode().partition("?")
    headers = _multi(_headers(request, source_ip))
    parameters = _multi(parse_qsl(query, keep_blank_values=True))
    body, is_base64 = _body(request) if request.content else (None, False)
    now = datetime.now(UTC)
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": request.method,
        "headers": _last(headers),
        "multiValueHeaders": headers,
        # Absent things are null here.
        "queryStringParameters": _last(parameters) or None,
        "multiValueQueryStringParameters": parameters or None,
        "pathParameters": {"proxy": path.removeprefix("/")},
        "stageVariables": None,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "a1b2c3d4e5",
            "domainName": request.url.host,
            "domainPrefix": request.url.host.partition(".")[0],
            "extendedRequestId": base64.b64encode(uuid.uuid4().bytes[:11]).decode(),
            "httpMethod": request.method,
            "identity": {
                "accountId": None,
                "caller": None,
                "sourceIp": source_ip,
                "user": None,
                "userAgent": request.headers.get("user-agent"),
                "userArn": None,
            },
            "path": f"/prod{path}",
            "protocol": "HTTP/1.1",
            "requestId": str(uuid.uuid4()),
            "requestTime": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
            "requestTimeEpoch": int(now.timestamp() * 1000),
            "resourceId": "abc123",
            "resourcePath": "/{proxy+}",
            "stage": "prod",
        },
        "body": body,
        "isBase64Encoded": is_base64,
    }


def _headers(request: httpx.Request, source_ip: str) -> list[tuple[str, str]]:
    """The request's headers as they were written, then those that the gateway adds."""
    raw = [(name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw]
    claimed = [value for name, value in raw if name.lower() == "x-forwarded-for"]
    added = [
        # What the caller claims stays, in front.
        ("X-Forwarded-For", ", ".join([*claimed, source_ip])),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
        ("X-Amzn-Trace-Id", f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"),
    ]
    replaced = _HOP_BY_HOP | {name.lower() for name, _ in added}
    return [header for header in raw if header[0].lower() not in replaced] + added


def _body(request: httpx.Request) -> tuple[str, bool]:
    """The body as the event has it, and whether that is base64."""
    if request.headers.get("content-type", "").startswith(_TEXT):
        try:
            return request.content.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.content).decode(), True


def _multi(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _last(multi: dict[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in multi.items()}

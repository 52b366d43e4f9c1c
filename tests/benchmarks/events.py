"""API Gateway's events, as an HTTP API sends them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson


class Request(NamedTuple):
    path: str
    method: str = "GET"
    query: dict[str, str] = {}
    body: Any = None
    signed_in: bool = False
    accept: str = "application/json"


def event(request: Request, token: str) -> dict[str, Any]:
    """Answer the request's event in payload format 2.0."""
    headers = {
        "accept": request.accept,
        "accept-encoding": "gzip, deflate, br",
        "host": "localhost",
        "user-agent": "benchmark",
        "x-amzn-trace-id": "Root=1-68a4f1c2-3b1d5e7f9a0c2e4d6b8f1a3c",
        "x-forwarded-for": "198.51.100.7",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    if request.signed_in:
        headers["authorization"] = f"Bearer {token}"
    built: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": urlencode(request.query),
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "r3pmxmplak",
            "domainName": "localhost",
            "domainPrefix": "localhost",
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "198.51.100.7",
                "userAgent": headers["user-agent"],
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "10/Mar/2026:05:16:23 +0000",
            "timeEpoch": 1773119783000,
        },
        "isBase64Encoded": False,
    }
    if request.query:
        built["queryStringParameters"] = request.query
    if request.body is not None:
        built["body"] = orjson.dumps(request.body).decode()
        headers |= {"content-type": "application/json", "content-length": str(len(built["body"]))}
    return built

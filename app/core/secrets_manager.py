"""Secrets of AWS Secrets Manager, each by one signed request.

boto3 would take 200 ms of each cold start for it, botocore's signature 70; the standard library
takes 30, most of which are the certificates.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import json
import logging
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

logger = logging.getLogger(__name__)

ATTEMPTS = 3
# Lambda gives the start of a function ten seconds.
TIMEOUT = 2
_SERVICE = "secretsmanager"
_AGAIN = {"ThrottlingException", "InternalServiceError", "InternalServiceErrorException"}


class SecretUnavailable(Exception):
    """Says which secret, and why; never anything of what is in it."""

    def __init__(self, arn: str, cause: str) -> None:
        super().__init__(f"The secret {arn} cannot be read: {cause}.")


_kept: dict[str, tuple[float, dict[str, Any]]] = {}


def kept(arn: str, *, seconds: float) -> dict[str, Any]:
    """Answer the secret as it was at most so long ago, or longer if it cannot be read now."""
    read_at, secret = _kept.get(arn, (0.0, {}))
    # By the clock, which goes on while a function is frozen.
    if secret and 0 <= time.time() - read_at < seconds:
        return secret
    try:
        return read(arn)
    except SecretUnavailable as error:
        if not secret:
            raise
        logger.warning("%s What was known of it is used.", error)
        # Not asked for again by each connection of the next minute.
        _kept[arn] = time.time() - seconds + 60, secret
        return secret


def read(arn: str) -> dict[str, Any]:
    """Answer the secret, which must be a JSON object, as it is now."""
    body = json.dumps({"SecretId": arn}).encode()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            request = _request(arn, body)
            with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - AWS's address
                return _keep(arn, answer.read())
        except HTTPError as error:
            with error:
                cause = _code(error.read()) or f"HTTP {error.code}"
            if error.code < 500 and cause not in _AGAIN:
                raise SecretUnavailable(arn, cause) from None
        except (OSError, ValueError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            cause = f"Secrets Manager does not answer ({type(reason).__name__})"
        if attempt < ATTEMPTS:
            time.sleep(0.1 * attempt)
    raise SecretUnavailable(arn, cause)


def _keep(arn: str, answer: bytes) -> dict[str, Any]:
    try:
        secret = json.loads(json.loads(answer)["SecretString"])
    except (KeyError, ValueError):
        secret = None
    if not isinstance(secret, dict):
        raise SecretUnavailable(arn, "its value is no JSON object")
    _kept[arn] = time.time(), secret
    return secret


def _code(answer: bytes) -> str:
    """Answer the error's name; its message may repeat what was sent."""
    try:
        return str(json.loads(answer)["__type"]).rpartition("#")[2]
    except (KeyError, TypeError, ValueError):
        return ""


def _request(arn: str, body: bytes) -> Request:
    if not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} <= os.environ.keys():
        raise SecretUnavailable(arn, "there are no AWS credentials in the environment")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _region(arn)
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    url = os.environ.get("AWS_ENDPOINT_URL") or f"https://{_SERVICE}.{region}.{domain}"
    url = f"{url.rstrip('/')}/"
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "Host": urlsplit(url).netloc,
        "X-Amz-Target": f"{_SERVICE}.GetSecretValue",
    }
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        headers["X-Amz-Security-Token"] = token
    return Request(url, body, sign(url, headers, body, region, datetime.now(UTC)))  # noqa: S310


def _region(arn: str) -> str:
    parts = arn.split(":")
    if len(parts) < 4 or not parts[3]:
        raise SecretUnavailable(arn, "neither it nor AWS_REGION names a region")
    return parts[3]


def sign(
    url: str, headers: Mapping[str, str], body: bytes, region: str, now: datetime
) -> dict[str, str]:
    """Answer the headers of a POST with AWS's signature, version 4."""
    headers = {**headers, "X-Amz-Date": f"{now:%Y%m%dT%H%M%SZ}"}
    lines = sorted(f"{name.lower()}:{value.strip()}" for name, value in headers.items())
    names = ";".join(sorted(name.lower() for name in headers))
    digest = hashlib.sha256(body).hexdigest()
    canonical = "\n".join(["POST", urlsplit(url).path, "", *lines, "", names, digest])
    scope = f"{now:%Y%m%d}/{region}/{_SERVICE}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", headers["X-Amz-Date"], scope, digest])
    key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in [*scope.split("/"), text]:
        key = hmac.digest(key, part.encode(), "sha256")
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={key.hex()}"
    )
    return headers

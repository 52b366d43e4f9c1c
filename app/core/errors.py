"""The one error format, and the one place that maps exceptions to it.

400 answers `{"error", "code", "details": {field: [sentence]}}`; every other error answers
`{"detail", "code"}`.
"""

import logging
from collections.abc import Mapping
from typing import Any

from django.core import exceptions as django_exceptions
from django.core.signals import got_request_exception
from django.db import IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.log import log_response
from rest_framework import exceptions
from rest_framework.settings import api_settings

from app.core.json import JSONRenderer
from app.core.postgresql import ServerGone

logger = logging.getLogger(__name__)

MALFORMED = "The request is malformed."
NOT_FOUND = "There is nothing here, or nothing that you may see."
SERVER_ERROR = "Something went wrong on our side. It has been logged."
LOST_RACE = "Something this request is about has just changed. Try again."

# PostgreSQL's codes for a serialization failure and a deadlock.
LOST = {"40001", "40P01"}


class Conflict(exceptions.APIException):
    """A rule of the domain forbids the request as things stand."""

    status_code = 409
    default_code = "conflict"
    default_detail = "The request conflicts with the current state."


class DatabaseUnavailable(exceptions.APIException):
    status_code = 503
    default_code = "database_unavailable"
    default_detail = "The database does not answer. Try again in a few seconds."
    wait = 5


class CsrfFailed(exceptions.PermissionDenied):
    default_code = "csrf_failed"
    default_detail = "CSRF check failed: CSRF token missing."


def invalid(details: Mapping[str, Any], *, code: str = "invalid") -> dict[str, Any]:
    """Answer the body of a 400."""
    return {"error": "Validation Error", "code": code, "details": details}


def refused(detail: str, *, code: str) -> dict[str, str]:
    """Answer the body of any other error."""
    return {"detail": detail, "code": code}


def error_response(status: int, detail: str, *, code: str) -> HttpResponse:
    """Answer an error from outside a REST framework view."""
    if status == 400:
        body = invalid({api_settings.NON_FIELD_ERRORS_KEY: [detail]}, code=code)
    else:
        body = refused(detail, code=code)
    return _json(body, status)


def _json(
    body: Mapping[str, Any], status: int, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    content = JSONRenderer().render(body)
    return HttpResponse(content, JSONRenderer.media_type, status, headers=headers)


def exception_handler(exc: Exception, context: dict[str, Any]) -> HttpResponse:
    """Map whatever a view raised to an answer in the error format.

    It is JSON whatever the caller accepts and the view else answers.
    """
    if isinstance(exc, ServerGone):
        return database_unavailable(context["request"]._request, exc)
    exc = _as_api_exception(exc)
    if not isinstance(exc, exceptions.APIException):
        return _unexpected(exc, context)

    headers = {}
    if authenticate := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = authenticate
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait))
    return _json(_body(exc), exc.status_code, headers)


def _as_api_exception(exc: Exception) -> Exception:
    if isinstance(exc, Http404):
        return exceptions.NotFound(NOT_FOUND)
    if isinstance(exc, django_exceptions.PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(exc, django_exceptions.SuspiciousOperation):
        return exceptions.ParseError(MALFORMED)  # a thousand query parameters, for one
    if isinstance(exc, django_exceptions.ValidationError):
        if hasattr(exc, "error_dict"):
            return exceptions.ValidationError(exc.message_dict)
        return exceptions.ValidationError(exc.messages)
    if isinstance(exc, IntegrityError):
        # A service puts the constraints that it expects into words. What comes this far is a race
        # that was lost, such as a team deleted between the look-up and the save.
        logger.warning("A constraint refused a write", exc_info=exc)
        return Conflict(LOST_RACE)
    if isinstance(exc, OperationalError) and _sqlstate(exc) in LOST:
        # Rare, and a mistake of ours to look into: locks are taken in one order.
        logger.warning("A transaction lost to another", exc_info=exc)
        return Conflict(LOST_RACE)
    return exc


def _sqlstate(exc: Exception) -> str | None:
    return getattr(exc.__cause__, "sqlstate", None)


def _body(exc: exceptions.APIException) -> dict[str, Any]:
    key = api_settings.NON_FIELD_ERRORS_KEY
    if isinstance(exc, exceptions.ValidationError):
        detail = exc.detail
        return invalid(detail if isinstance(detail, dict) else {key: detail})
    if exc.status_code == 400:
        return invalid({key: [exc.detail]}, code=exc.default_code)
    if isinstance(exc.detail, dict):  # how simplejwt refuses a token
        return refused(str(exc.detail["detail"]), code=str(exc.detail["code"]))
    return refused(str(exc.detail), code=str(exc.get_codes()))


def _unexpected(exc: Exception, context: dict[str, Any]) -> HttpResponse:
    """Answer 500 without a word of the cause, which goes to the log and to Sentry."""
    request = context["request"]._request
    got_request_exception.send(sender=None, request=request)
    response = _json(refused(SERVER_ERROR, code="error"), 500)
    log_response(
        "Internal Server Error: %s",
        request.path,
        response=response,
        request=request,
        exception=exc,
    )
    return response


def database_unavailable(request: HttpRequest, exc: ServerGone) -> HttpResponse:
    """Answer 503, and log one line: an outage has as many of these as there are requests."""
    response = exception_handler(DatabaseUnavailable(), {})
    cause = (str(exc).splitlines() or [""])[0]
    # It is as good as logged then, and neither Django nor Sentry makes an error of it.
    log_response(
        "The database is unavailable: %s: %s",
        request.path,
        cause,
        response=response,
        request=request,
        level="warning",
    )
    return response

from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

from corsheaders import middleware as cors
from django.conf import settings
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch, resolve
from django.utils.cache import patch_vary_headers

from app.core import replica
from app.core.errors import database_unavailable
from app.core.postgresql import ServerGone

# What these answer is for browsers: they set cookies, or are pages.
_BROWSERS = ("/api/auth/", "/api/docs/", "/api/test/")


class CorsMiddleware(cors.CorsMiddleware):
    """django-cors-headers', which parses all headers to find out that no other site is calling."""

    def add_response_headers(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if "HTTP_ORIGIN" in request.META:
            return super().add_response_headers(request, response)
        if self.is_enabled(request):
            patch_vary_headers(response, ["origin"])
        return response


def _answer_outage(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    if isinstance(exception, ServerGone):
        return database_unavailable(request, exception)
    return None


class _Outage:
    """Answers an outage of the database that the middleware meets itself, or a view within it.

    Django makes a 500 of what a middleware raises before any other one could see it.
    """

    def __call__(self, request: HttpRequest) -> Any:
        try:
            return super().__call__(request)  # type: ignore[misc]  # Django's, which this is mixed into
        except ServerGone as error:
            return database_unavailable(request, error)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return _answer_outage(request, exception)


class SessionMiddleware(_Outage, sessions.SessionMiddleware):
    pass


class MessageMiddleware(_Outage, messages.MessageMiddleware):
    pass


class ApiMiddleware:
    """Takes an API call without a cookie straight to its view.

    The middleware below this one reads cookies, sets them, or serves pages. Without a cookie there
    is no session that could be ridden, so there is nothing for it to protect either.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.view = _Views().answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not path.startswith("/api/"):
            response = self.get_response(request)
            replica.note_write(request)
            return response
        lean = not path.startswith(_BROWSERS) and not request.META.get("HTTP_COOKIE")
        response = self.view(request) if lean else self.get_response(request)
        replica.note_write(request)
        # What nobody has said to be public may be somebody's own, or a token.
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class _Views(BaseHandler):
    """Django's way from a request to its view, with no middleware on it."""

    _view_middleware = _template_response_middleware = ()
    _exception_middleware = (_answer_outage,)

    def answer(self, request: HttpRequest) -> HttpResponse:
        return cast(HttpResponse, self._get_response(request))  # type: ignore[attr-defined]

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        request.resolver_match = _resolve(request.path_info, settings.ROOT_URLCONF)
        return request.resolver_match


# Django tries one route after the other. Most of what is asked is asked often.
@lru_cache(maxsize=1000)
def _resolve(path: str, urlconf: str) -> ResolverMatch:
    return resolve(path, urlconf)

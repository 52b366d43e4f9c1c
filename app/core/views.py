from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import Resolver404, resolve
from django.utils.log import log_response
from django.views.decorators.csrf import csrf_exempt
from rest_framework import generics
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.core.documentation import documented
from app.core.errors import MALFORMED, NOT_FOUND, SERVER_ERROR, error_response
from app.core.models import SystemSettings
from app.core.permissions import IsStaffOrReadOnly
from app.core.serializers import (
    LivenessSerializer,
    ReadinessSerializer,
    SystemSettingsSerializer,
    UnreadySerializer,
)


class PublicView(APIView):
    """A way in: whatever credentials come along are not looked at."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def get_authenticate_header(self, request: Request) -> str:
        # Without one, REST framework turns every 401 into a 403.
        return 'Bearer realm="api"'


class LivenessView(APIView):
    """Whether this process answers, whatever it depends on."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @documented(responses={200: LivenessSerializer})
    def get(self, request: Request) -> Response:
        return Response(
            {"status": "ok", "version": settings.VERSION, "revision": settings.REVISION},
            headers={"Cache-Control": "no-store"},
        )


class ReadinessView(APIView):
    """Whether requests can be answered: 503 without the database, or where a migration is missing.

    Without its cache it is slower, and with a late queue mails are late: `degraded`, and 200.
    """

    authentication_classes = []
    permission_classes = [AllowAny]

    @documented(responses={200: ReadinessSerializer, 503: UnreadySerializer})
    def get(self, request: Request) -> Response:
        from app.core import health  # and the queue's side, of which no other page knows

        body = health.report()
        headers = {"Cache-Control": "no-store"}
        if body["status"] != "unavailable":
            return Response(body, headers=headers)
        response = Response(body, status=503, headers=headers | {"Retry-After": "5"})
        # It is asked every few seconds: Django would log as many errors.
        log_response(
            "Not ready: %s",
            request.path,
            response=response,
            request=request._request,
            level="warning",
        )
        return response


class SystemSettingsView(generics.RetrieveUpdateAPIView[SystemSettings]):
    http_method_names = ["get", "patch", "head", "options"]
    serializer_class = SystemSettingsSerializer
    permission_classes = [IsStaffOrReadOnly]

    def get_object(self) -> SystemSettings:
        return SystemSettings.load()

    def get(self, request: Request) -> Response:
        """The site's name and the time zone that people are shown."""
        return self.retrieve(request)

    def patch(self, request: Request) -> Response:
        """Change the site's name or its time zone. For staff."""
        return self.partial_update(request)


# What answers outside REST framework's views: unknown routes, and what Django itself refuses.


# Exempt, as a route for what has none: a POST to nowhere is a 404 and no CSRF failure.
@csrf_exempt
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if not request.path.endswith("/") and _is_route(f"{request.path}/"):
        if request.method in {"GET", "HEAD"}:
            return HttpResponsePermanentRedirect(request.get_full_path(force_append_slash=True))
        return error_response(404, f"Did you mean {request.path}/?", code="not_found")
    return error_response(404, NOT_FOUND, code="not_found")


def _is_route(path: str) -> bool:
    try:
        match = resolve(path)
    except Resolver404:
        return False
    return match.func is not not_found


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(400, MALFORMED, code="bad_request")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(403, "You may not do this.", code="permission_denied")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_response(403, f"CSRF check failed: {reason}", code="csrf_failed")


def server_error(request: HttpRequest) -> HttpResponse:
    return error_response(500, SERVER_ERROR, code="error")

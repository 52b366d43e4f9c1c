from typing import Any

from rest_framework.permissions import SAFE_METHODS, IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.views import APIView


class IsCaptainOrOrganiser(IsAuthenticated):
    """A team is its captain's, and a series the captains'; both the organiser's, and staff's."""

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        return bool(
            request.user.is_staff
            or obj.is_organised_by(request.user)
            or obj.is_captained_by(request.user)
        )


class IsCaptainOrOrganiserOrReadOnly(IsAuthenticatedOrReadOnly):
    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        return request.method in SAFE_METHODS or IsCaptainOrOrganiser().has_object_permission(
            request, view, obj
        )

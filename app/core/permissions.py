from typing import Any

from rest_framework.permissions import (
    SAFE_METHODS,
    BasePermission,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
)
from rest_framework.request import Request
from rest_framework.views import APIView


class IsStaffOrReadOnly(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or bool(request.user and request.user.is_staff)


class IsOrganiser(IsAuthenticated):
    """What has an organiser is theirs, and staff's."""

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        return bool(request.user.is_staff or obj.is_organised_by(request.user))


class IsOrganiserOrReadOnly(IsAuthenticatedOrReadOnly):
    """Anyone reads; what has an organiser is theirs to write, and staff's.

    For what is created in something of an organiser's, the view asks about that.
    """

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        return request.method in SAFE_METHODS or IsOrganiser().has_object_permission(
            request, view, obj
        )

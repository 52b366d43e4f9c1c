from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from app.accounts.models import User


def may_write(user: Any, member: User) -> bool:
    """Tell whether the user may write the member: themselves, staff anybody but other staff."""
    if user.pk == member.pk or user.is_superuser:
        return True
    return bool(user.is_staff and not (member.is_staff or member.is_superuser))


class IsSelfOrStaffOrReadOnly(BasePermission):
    def has_object_permission(self, request: Request, view: APIView, obj: User) -> bool:
        return request.method in SAFE_METHODS or may_write(request.user, obj)

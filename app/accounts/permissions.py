from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from app.accounts.models import User


class IsSelfOrStaffOrReadOnly(BasePermission):
    def has_object_permission(self, request: Request, view: APIView, obj: User) -> bool:
        if request.method in SAFE_METHODS:
            return True
        return bool(request.user.is_staff or request.user.pk == obj.pk)

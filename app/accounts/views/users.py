from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework import mixins, permissions
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from app.accounts import services
from app.accounts.filters import UserFilter
from app.accounts.models import User
from app.accounts.permissions import IsSelfOrStaffOrReadOnly
from app.accounts.querysets import UserQuerySet
from app.accounts.serializers import RegisterSerializer, UserSerializer
from app.accounts.views.sign_in import register
from app.core.documentation import documented
from app.core.throttles import AddressThrottle
from app.core.viewsets import ReadOnlyModelViewSet


class UserViewSet(mixins.UpdateModelMixin, mixins.DestroyModelMixin, ReadOnlyModelViewSet[User]):
    """What is private of a member is answered to themselves and to staff alone."""

    serializer_class = UserSerializer
    permission_classes = [permissions.IsAuthenticated, IsSelfOrStaffOrReadOnly]
    filterset_class = UserFilter
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[User]:
        members: UserQuerySet = User.objects.active()
        return members.order_by("id")

    def get_object(self) -> User:
        self.kwargs.setdefault("pk", self.request.user.pk)  # users/me/
        return super().get_object()

    def get_permissions(self) -> list[Any]:
        return [AllowAny()] if self.action == "create" else [*super().get_permissions()]

    def get_throttles(self) -> list[Any]:
        if self.action != "create":
            return []
        self.throttle_scope = "register"
        return [AddressThrottle()]

    @documented(request=RegisterSerializer, responses={201: UserSerializer})
    def create(self, request: Request) -> Response:
        """Become a member: the same as `auth/register/`."""
        return register(request)

    def perform_update(self, serializer: BaseSerializer[User]) -> None:
        assert serializer.instance is not None
        serializer.instance = services.update_member(
            user=serializer.instance, **serializer.validated_data
        )

    def perform_destroy(self, instance: User) -> None:
        """It is final. Games, teams, tournaments and matches stay and name nobody."""
        services.delete_member(user=instance)

    @action(detail=False)
    def me(self, request: Request) -> HttpResponse:
        """Read oneself."""
        return self.retrieve(request)

    @me.mapping.put
    def replace_me(self, request: Request) -> HttpResponse:
        """Replace all that may be changed of oneself."""
        return self.update(request)

    @me.mapping.patch
    def change_me(self, request: Request) -> HttpResponse:
        """Change some of oneself."""
        return self.partial_update(request)

    @me.mapping.delete
    def delete_me(self, request: Request) -> HttpResponse:
        """Delete oneself."""
        return self.destroy(request)

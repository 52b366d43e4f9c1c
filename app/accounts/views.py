from typing import Any

from django.contrib import auth
from django.db.models import QuerySet
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect
from rest_framework import mixins, permissions, status
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from app.accounts import services
from app.accounts.errors import WrongCredentials
from app.accounts.filters import UserFilter
from app.accounts.models import User
from app.accounts.permissions import IsSelfOrStaffOrReadOnly
from app.accounts.querysets import UserQuerySet
from app.accounts.serializers import (
    CsrfSerializer,
    RefreshSerializer,
    RegisterSerializer,
    SignedInSerializer,
    SignInSerializer,
    TokenPairSerializer,
    UserSerializer,
)
from app.core.documentation import documented
from app.core.serializers import ErrorSerializer
from app.core.throttles import AddressThrottle
from app.core.viewsets import ReadOnlyModelViewSet


class PublicView(APIView):
    """A way in: whatever credentials come along are not looked at."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def get_authenticate_header(self, request: Request) -> str:
        # Without one, REST framework turns every 401 into a 403.
        return 'Bearer realm="api"'


def _register(request: Request) -> Response:
    serializer = RegisterSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    request.user = services.register(**serializer.validated_data)
    body = UserSerializer(request.user, context={"request": request}).data
    return Response(body, status=status.HTTP_201_CREATED)


def _authenticate(request: Request) -> User:
    serializer = SignInSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    data = serializer.validated_data
    user = auth.authenticate(
        request._request,
        username=data.get("email") or data.get("username"),
        password=data["password"],
    )
    if not isinstance(user, User):
        raise WrongCredentials
    # The answer is written as the member may see it, which the email depends on.
    request.user = user
    return user


class RegisterView(PublicView):
    """Become a member."""

    throttle_classes = [AddressThrottle]
    throttle_scope = "register"

    @documented(request=RegisterSerializer, responses={201: UserSerializer})
    def post(self, request: Request) -> Response:
        return _register(request)


class LoginView(PublicView):
    """Trade a name and a password for a token pair."""

    throttle_classes = [AddressThrottle]
    throttle_scope = "login"

    @documented(request=SignInSerializer, responses={200: SignedInSerializer, 401: ErrorSerializer})
    def post(self, request: Request) -> Response:
        user = _authenticate(request)
        tokens = services.sign_in(user=user)
        body = {"access": tokens.access, "refresh": tokens.refresh, "user": user}
        return Response(SignedInSerializer(body, context={"request": request}).data)


class RefreshView(PublicView):
    """Trade a refresh token for a new pair. The old one is dead from then on."""

    @documented(
        request=RefreshSerializer, responses={200: TokenPairSerializer, 401: ErrorSerializer}
    )
    def post(self, request: Request) -> Response:
        serializer = RefreshSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        tokens = services.rotate_tokens(**serializer.validated_data)
        return Response(TokenPairSerializer(tokens).data)


class LogoutView(PublicView):
    """Revoke a refresh token. Whoever holds one may end it."""

    @documented(request=RefreshSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        serializer = RefreshSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.revoke_tokens(**serializer.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CsrfView(PublicView):
    """Set the CSRF cookie, and answer the token that a browser app sends with its writes."""

    @documented(responses=CsrfSerializer)
    def get(self, request: Request) -> Response:
        return Response({"csrf_token": get_token(request._request)})


# REST framework exempts its views from Django's check, which a sign-in without a session needs too:
# another site could otherwise sign its visitors in as somebody else.
@method_decorator(csrf_protect, name="dispatch")
class SessionView(PublicView):
    """Sign a browser in and out by a session cookie. Both take the CSRF token."""

    throttle_classes = [AddressThrottle]
    throttle_scope = "login"

    @documented(
        request=SignInSerializer,
        responses={200: UserSerializer, 401: ErrorSerializer, 403: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        user = _authenticate(request)
        auth.login(request._request, user)
        return Response(UserSerializer(user, context={"request": request}).data)

    @documented(request=None, responses={204: None, 403: ErrorSerializer})
    def delete(self, request: Request) -> Response:
        auth.logout(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)


class UserViewSet(mixins.UpdateModelMixin, mixins.DestroyModelMixin, ReadOnlyModelViewSet[User]):
    """Members, as other members see them."""

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
        """Become a member: the same as auth/register/."""
        return _register(request)

    def perform_update(self, serializer: BaseSerializer[User]) -> None:
        assert serializer.instance is not None
        serializer.instance = services.update_member(
            user=serializer.instance, **serializer.validated_data
        )

    def perform_destroy(self, instance: User) -> None:
        services.delete_member(user=instance)

    @documented(responses=UserSerializer)
    @action(detail=False, methods=["get", "put", "patch", "delete"])
    def me(self, request: Request) -> HttpResponse:
        """Oneself."""
        if request.method in SAFE_METHODS:
            return self.retrieve(request)
        if request.method == "DELETE":
            return self.destroy(request)
        return self.update(request, partial=request.method == "PATCH")

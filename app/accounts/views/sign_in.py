from typing import Any

from django.contrib import auth
from django.middleware.csrf import get_token
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect
from rest_framework import permissions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import InvalidToken

from app.accounts import services
from app.accounts.authentication import SessionAuthentication
from app.accounts.errors import WrongCredentials
from app.accounts.models import User
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
from app.core.errors import CsrfFailed
from app.core.serializers import validated
from app.core.throttles import AccountThrottle, AddressThrottle
from app.core.views import PublicView


def register(request: Request) -> Response:
    """Make a member of the request; it is both routes' answer."""
    request.user = services.register(**validated(RegisterSerializer, request.data))
    body = UserSerializer(request.user, context={"request": request}).data
    return Response(body, status=status.HTTP_201_CREATED)


def _authenticate(request: Request) -> User:
    data = validated(SignInSerializer, request.data)
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
    """Become a member, and be mailed a link that proves the email.

    The answer does not tell whether the email is another member's; the mail does.
    """

    throttle_classes = [AddressThrottle]
    throttle_scope = "register"

    @documented(request=RegisterSerializer, responses={201: UserSerializer})
    def post(self, request: Request) -> Response:
        return register(request)


class SignInView(PublicView):
    throttle_classes = [AddressThrottle, AccountThrottle]
    throttle_scope = "login"
    throttle_fields = ("email", "username")


class LoginView(SignInView):
    """Trade a name and a password for a token pair."""

    @documented(
        request=SignInSerializer, responses={200: SignedInSerializer}, errors=[WrongCredentials]
    )
    def post(self, request: Request) -> Response:
        user = _authenticate(request)
        tokens = services.sign_in(user=user)
        body = {"access": tokens.access, "refresh": tokens.refresh, "user": user}
        data = SignedInSerializer(body, context={"request": request}).data
        return Response(data)


class RefreshView(PublicView):
    """Trade a refresh token for a new pair. The old one is dead from then on.

    One that comes a second time is in the wrong hands: it ends all tokens of its sign-in.
    """

    @documented(
        request=RefreshSerializer, responses={200: TokenPairSerializer}, errors=[InvalidToken]
    )
    def post(self, request: Request) -> Response:
        tokens = services.rotate_tokens(**validated(RefreshSerializer, request.data))
        return Response(TokenPairSerializer(tokens).data)


class LogoutView(PublicView):
    """End a sign-in, by its refresh token. Whoever holds one may end it."""

    @documented(request=RefreshSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        services.revoke_tokens(**validated(RefreshSerializer, request.data))
        return Response(status=status.HTTP_204_NO_CONTENT)


class LogoutEverywhereView(APIView):
    """End every token and every session that one has, this one too."""

    permission_classes = [permissions.IsAuthenticated]

    @documented(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        assert isinstance(request.user, User)
        services.sign_out_everywhere(user=request.user)
        auth.logout(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CsrfView(PublicView):
    """Set the CSRF cookie, and answer the token that a browser app sends with its writes."""

    @documented(responses=CsrfSerializer)
    def get(self, request: Request) -> Response:
        return Response({"csrf_token": get_token(request._request)})


# REST framework exempts its views from Django's check, which a sign-in without a session needs too:
# another site could otherwise sign its visitors in as somebody else.
@method_decorator(csrf_protect, name="dispatch")
class SessionView(SignInView):
    def get_throttles(self) -> list[Any]:
        return [] if self.request.method == "DELETE" else super().get_throttles()

    @documented(
        request=SignInSerializer,
        responses={200: UserSerializer},
        errors=[WrongCredentials, CsrfFailed],
    )
    def post(self, request: Request) -> Response:
        """Sign a browser in by a session cookie. It takes the CSRF token."""
        user = _authenticate(request)
        auth.login(request._request, user)
        return Response(UserSerializer(user, context={"request": request}).data)

    @documented(request=None, responses={204: None}, errors=[CsrfFailed])
    def delete(self, request: Request) -> Response:
        """Sign a browser out: its session ends, and its tokens stay. It takes the CSRF token."""
        auth.logout(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TokenView(APIView):
    """Trade a browser's session for a token pair, as after a sign-in by Discord."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [permissions.IsAuthenticated]

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'

    @documented(request=None, responses={200: TokenPairSerializer})
    def post(self, request: Request) -> Response:
        assert isinstance(request.user, User)
        tokens = services.sign_in(user=request.user)
        return Response(TokenPairSerializer(tokens).data)

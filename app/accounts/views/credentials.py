from django.contrib import auth
from rest_framework import permissions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.accounts import services
from app.accounts.authentication import SessionAuthentication
from app.accounts.errors import AlreadyVerified, EmailTaken, NoPassword
from app.accounts.models import User
from app.accounts.serializers import (
    EmailChangeSerializer,
    EmailTokenSerializer,
    PasswordChangeSerializer,
    PasswordResetConfirmSerializer,
    PasswordResetSerializer,
    UserSerializer,
)
from app.core.documentation import documented
from app.core.serializers import DetailSerializer, validated
from app.core.throttles import AccountThrottle, AddressThrottle
from app.core.views import PublicView

MAILED = "A mail is on its way."


class MemberView(APIView):
    """What one changes of oneself."""

    permission_classes = [permissions.IsAuthenticated]
    throttle_classes = [AddressThrottle, AccountThrottle]

    def member(self, request: Request) -> User:
        assert isinstance(request.user, User)
        return request.user


class PasswordChangeView(MemberView):
    """Change one's password. All tokens end, and all sessions but the one that asks."""

    throttle_scope = "login"

    @documented(request=PasswordChangeSerializer, responses={204: None}, errors=[NoPassword])
    def post(self, request: Request) -> Response:
        user = self.member(request)
        services.change_password(user=user, **validated(PasswordChangeSerializer, request.data))
        if isinstance(request.successful_authenticator, SessionAuthentication):
            auth.update_session_auth_hash(request._request, user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordResetView(PublicView):
    """Ask for a mail that leads to a new password. The answer does not tell who is a member."""

    throttle_classes = [AddressThrottle, AccountThrottle]
    throttle_scope = "reset"
    throttle_fields = ("email",)

    @documented(request=PasswordResetSerializer, responses={202: DetailSerializer})
    def post(self, request: Request) -> Response:
        services.request_password_reset(**validated(PasswordResetSerializer, request.data))
        return Response({"detail": MAILED}, status=status.HTTP_202_ACCEPTED)


class PasswordResetConfirmView(PublicView):
    """Choose a new password with the token of the mail. All tokens and sessions end."""

    throttle_classes = [AddressThrottle]
    throttle_scope = "login"

    @documented(request=PasswordResetConfirmSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        services.reset_password(**validated(PasswordResetConfirmSerializer, request.data))
        return Response(status=status.HTTP_204_NO_CONTENT)


class EmailVerifyView(PublicView):
    """Prove one's email with the token of the mail."""

    throttle_classes = [AddressThrottle]
    throttle_scope = "login"

    @documented(request=EmailTokenSerializer, responses={200: UserSerializer}, errors=[EmailTaken])
    def post(self, request: Request) -> Response:
        request.user = services.verify_email(**validated(EmailTokenSerializer, request.data))
        return Response(UserSerializer(request.user, context={"request": request}).data)


class EmailResendView(MemberView):
    """Ask for the mail that proves one's email again."""

    throttle_scope = "verify"

    @documented(request=None, responses={202: DetailSerializer}, errors=[AlreadyVerified])
    def post(self, request: Request) -> Response:
        services.resend_verification(user=self.member(request))
        return Response({"detail": MAILED}, status=status.HTTP_202_ACCEPTED)


class EmailChangeView(MemberView):
    """Change one's email: a mail goes to the new one, which counts once its token has come back."""

    throttle_scope = "verify"

    @documented(
        request=EmailChangeSerializer, responses={202: DetailSerializer}, errors=[NoPassword]
    )
    def post(self, request: Request) -> Response:
        services.change_email(
            user=self.member(request), **validated(EmailChangeSerializer, request.data)
        )
        return Response({"detail": MAILED}, status=status.HTTP_202_ACCEPTED)

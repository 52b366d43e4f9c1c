import time
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import SimpleLazyObject
from rest_framework import authentication as drf
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request
from rest_framework_simplejwt import authentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.tokens import Token

from app.accounts.models import TokenFamily, User
from app.core.errors import CsrfFailed
from app.core.statements import Bind, Statement, kept


class SessionAuthentication(drf.SessionAuthentication):
    """Django's session, with the CSRF failure by the code that it has elsewhere."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise CsrfFailed(str(error.detail)) from None


class JWTAuthentication(authentication.JWTAuthentication):
    """Checks the token, and looks up its member once somebody asks who it is.

    Most that is public never asks. Where it matters who calls, the look-up raises
    AuthenticationFailed for a member who is gone, deactivated, or has signed out since.
    """

    def get_validated_token(self, raw_token: bytes) -> Token:
        token = _signed(raw_token)
        if token["exp"] <= time.time():
            return super().get_validated_token(raw_token)  # which refuses it
        return token

    def get_user(self, validated_token: Token) -> Any:
        return SimpleLazyObject(lambda: _member(validated_token))


# A caller sends the same token for an hour; whether we signed it stays as it is.
@lru_cache(maxsize=1000)
def _signed(raw_token: bytes) -> Token:
    return authentication.JWTAuthentication().get_validated_token(raw_token)


def _member(token: Token) -> User:
    member_id, family = str(token.get("user_id", "")), token.get("family")
    if not member_id.isdecimal() or not family:
        raise InvalidToken
    values = {"id": int(member_id), "family": family}
    try:
        found: list[User] = kept("member", _by_id_and_family).instances(values)
    except ValidationError:  # no UUID
        raise InvalidToken from None
    if found and found[0].is_active:
        return found[0]
    raise _refusal(values["id"])


def _by_id_and_family() -> Statement:
    user = User.objects.filter(
        pk=Bind("id", User._meta.pk), token_families__pk=Bind("family", TokenFamily._meta.pk)
    )
    return Statement(user, prepare=True)


def _refusal(member_id: int) -> AuthenticationFailed:
    user = User.objects.filter(pk=member_id).first()
    if user is None:
        return AuthenticationFailed("The member is gone.", code="user_not_found")
    if not user.is_active:
        return AuthenticationFailed("The member is deactivated.", code="user_inactive")
    return InvalidToken("The member has signed out. Sign in again.")

import time
from functools import lru_cache
from typing import Any

from django.utils.functional import SimpleLazyObject
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt import authentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.tokens import Token

from app.accounts.models import User
from app.core.statements import Bind, Statement, kept


class JWTAuthentication(authentication.JWTAuthentication):
    """Checks the token, and looks up its member once somebody asks who it is.

    Most that is public never asks. Where it matters who calls, the look-up raises
    AuthenticationFailed for a member who is gone or deactivated.
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
    member_id = str(token.get("user_id", ""))
    if not member_id.isdecimal():
        raise InvalidToken
    found: list[User] = kept("member", _by_id).instances({"id": int(member_id)})
    if not found:
        raise AuthenticationFailed("The member is gone.", code="user_not_found")
    if not found[0].is_active:
        raise AuthenticationFailed("The member is deactivated.", code="user_inactive")
    return found[0]


def _by_id() -> Statement:
    return Statement(User.objects.filter(pk=Bind("id", User._meta.pk)))

from typing import Any

from django.utils.functional import SimpleLazyObject
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt import authentication
from rest_framework_simplejwt.tokens import Token

from app.accounts.models import User
from app.core.statements import Bind, Statement, kept


class JWTAuthentication(authentication.JWTAuthentication):
    """Checks the token, and looks up its member once somebody asks who it is.

    Most that is public never asks. Where it matters who calls, the look-up raises
    AuthenticationFailed for a member who is gone or deactivated.
    """

    def get_user(self, validated_token: Token) -> Any:
        return SimpleLazyObject(lambda: _member(validated_token))


def _member(token: Token) -> User:
    found: list[User] = kept("member", _by_id).instances({"id": token["user_id"]})
    if not found:
        raise AuthenticationFailed("The member is gone.", code="user_not_found")
    if not found[0].is_active:
        raise AuthenticationFailed("The member is deactivated.", code="user_inactive")
    return found[0]


def _by_id() -> Statement:
    return Statement(User.objects.filter(pk=Bind("id", User._meta.pk)))

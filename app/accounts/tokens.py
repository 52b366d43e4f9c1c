"""What members carry to prove who they are: JWTs, and the tokens in mails.

All are signed with SECRET_KEY, and read with it or with one of SECRET_KEY_FALLBACKS.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.utils.http import base36_to_int, int_to_base36
from rest_framework_simplejwt import tokens

from app.accounts.models import User

# How long a mail may lie in a mailbox before it is answered.
EMAIL_TOKEN_LIFETIME = timedelta(days=3)


@dataclass(frozen=True)
class TokenPair:
    access: str
    refresh: str


@cache
def _keys() -> Any:
    from app.accounts.keys import Keys  # with PyJWT and all of its algorithms: 20 ms

    return Keys("HS256")


class AccessToken(tokens.AccessToken):
    def get_token_backend(self) -> Any:
        return _keys()


class RefreshToken(tokens.RefreshToken):
    access_token_class = AccessToken

    def get_token_backend(self) -> Any:
        return _keys()


class EmailToken(NamedTuple):
    """Says that whoever reads a mailbox agrees that it is the member's."""

    user_id: int
    email: str
    was: str
    """The member's email when it was made: it is good for one change of it."""

    def __str__(self) -> str:
        return signing.dumps(list(self), salt="app.accounts.email")

    @classmethod
    def read(cls, token: str) -> "EmailToken":
        """Raises signing.BadSignature when it is forged or too old."""
        return cls(*signing.loads(token, salt="app.accounts.email", max_age=EMAIL_TOKEN_LIFETIME))


def password_reset_token(user: User) -> str:
    """Answer a token that is good once, until the member signs in or changes email or password."""
    return f"{int_to_base36(user.pk)}-{default_token_generator.make_token(user)}"


def read_password_reset_token(token: str) -> User | None:
    """Answer the member whom the token is for; None if it is forged, used or too old."""
    number, _, rest = token.partition("-")
    try:
        user_id = base36_to_int(number)
    except ValueError:
        return None
    user: User | None = User.objects.active().filter(pk=user_id, email_verified=True).first()
    return user if default_token_generator.check_token(user, rest) else None

"""What members carry to prove who they are: JWTs, and the tokens in mails.

All are signed with SECRET_KEY, and read with it or with one of SECRET_KEY_FALLBACKS.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.utils.http import base36_to_int, int_to_base36
from rest_framework_simplejwt import tokens

from app.accounts.models import User

EMAIL_TOKEN_LIFETIME = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


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
    state: str

    @classmethod
    def make(cls, user: User, email: str) -> str:
        token = cls(user.pk, email, cls.state_of(user))
        return signing.dumps(list(token), salt="app.accounts.email")

    @staticmethod
    def state_of(user: User) -> str:
        """Answer what a token is good for: until the email changes, or sign-ins end.

        Who has taken their account back must not lose it to a mail that a thief has asked for.
        """
        state = f"{user.email}:{user.password}:{user.session_epoch}"
        return hashlib.sha256(state.encode()).hexdigest()

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

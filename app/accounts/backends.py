from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from app.accounts.models import User
from app.accounts.querysets import UserQuerySet


class EmailOrUsernameBackend(ModelBackend):
    """Sign in by email or username, whatever their case."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        if username is None or password is None:
            return None
        named: UserQuerySet = User.objects.named(username)
        found: list[User | None] = [*named[:2], None, None]
        if "@" not in username:
            return _signed_in(found[0], password)
        # Who has proven the email, and who claimed it last: both are tried whoever there is, as the
        # time would tell which of them exist. Who knows the proven one's password learns nothing.
        proven = found.pop(0) if found[0] and found[0].email_verified else None
        return _signed_in(proven, password) or _signed_in(found[0], password)


def _signed_in(user: User | None, password: str) -> User | None:
    if user is None:
        # As slow as a wrong password, so that the time does not tell who is a member.
        make_password(password)
        return None
    return user if user.check_password(password) and user.is_active else None

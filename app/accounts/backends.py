from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from app.accounts.models import User


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
        user: User | None = User.objects.named(username).first()
        if user is None:
            # As slow as a wrong password, so that the time does not tell who is a member.
            make_password(password)
            return None
        return user if user.check_password(password) and user.is_active else None

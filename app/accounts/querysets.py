from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.base_user import BaseUserManager
from django.db import models

if TYPE_CHECKING:
    from app.accounts.models import User


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def with_steam(self) -> Self:
        return self.exclude(steam_id=None)

    def named(self, email_or_username: str) -> Self:
        """Match the email or the username, in any case; both columns have an index for it."""
        field = "email" if "@" in email_or_username else "username"
        return self.alias(lowered=models.functions.Lower(field)).filter(
            lowered=email_or_username.strip().lower()
        )


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username: str | None) -> "User":
        user: User = self.named(username or "").get()
        return user

    def create_superuser(self, email: str, username: str, password: str, **fields: Any) -> "User":
        """What `manage.py createsuperuser` calls."""
        user: User = self.model(
            email=email.lower(), username=username, is_staff=True, is_superuser=True, **fields
        )
        user.set_password(password)
        user.save()
        return user

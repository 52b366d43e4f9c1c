from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.db.models.functions import Lower

if TYPE_CHECKING:
    from app.accounts.models import User


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def as_read(self, user: "User") -> Self:
        """Match the member unless something has ended their sign-ins since `user` was read.

        A write on the strength of a sign-in filters by it: what ends the sign-in comes wholly
        before the write, and prevents it, or wholly after.
        """
        return self.active().filter(
            pk=user.pk, password=user.password, session_epoch=user.session_epoch
        )

    def steam_linked(self) -> Self:
        return self.exclude(steam_id=None)

    def named(self, email_or_username: str) -> Self:
        """Match the email or the username, in any case; both columns have an index for it.

        Several members may claim an email: who has proven it comes first, then the newest.
        """
        field = "email" if "@" in email_or_username else "username"
        return (
            self.alias(lowered=Lower(field))
            .filter(lowered=email_or_username.strip().lower())
            .order_by("-email_verified", "-id")
        )

    def proven(self, email: str) -> Self:
        """Match the one member, if any, who has proven that the email is theirs."""
        return self.alias(lowered=Lower("email")).filter(lowered=email.lower(), email_verified=True)


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username: str | None) -> "User":
        user: User | None = self.named(username or "").first()
        if user is None:
            raise self.model.DoesNotExist
        return user

    def create_superuser(self, email: str, username: str, password: str, **fields: Any) -> "User":
        """What `manage.py createsuperuser` calls."""
        user: User = self.model(
            email=email.lower(),
            email_verified=True,
            username=username,
            is_staff=True,
            is_superuser=True,
            **fields,
        )
        user.set_password(password)
        user.save()
        return user

"""Members themselves: their coming, their changes, their leaving."""

import secrets
from typing import Any

from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from app.accounts import tasks
from app.accounts.models import User
from app.accounts.querysets import UserQuerySet
from app.accounts.services.credentials import set_password
from app.accounts.services.notices import notify
from app.accounts.services.tokens import sign_out_everywhere
from app.core.throttles import count_mail


@transaction.atomic
def register(*, email: str, password: str, username: str | None = None) -> User:
    """Create a member who signs in with the email or the username, whatever their case.

    The email may be claimed by others, or proven by one: nothing here tells. A mail goes there to
    have it proven.

    Raises ValidationError, by field, when the username is taken or the password is too weak;
    Throttled when the mailbox has had enough.
    """
    # Not made from the email, which is nobody else's business.
    user = User(email=email.lower(), username=username or made_up_username())
    set_password(user, password, field="password")
    if User.objects.named(user.username).exists():
        raise _taken()  # before it counts as a mail
    count_mail(user.email)
    _save(user)
    tasks.mail_verification.enqueue(user_id=user.pk, email=user.email)
    return user


def made_up_username() -> str:
    return f"member-{secrets.token_hex(4)}"


def update_member(*, user: User, **changes: Any) -> User:
    """Change what a member may change.

    Raises ValidationError, by field, when the username is taken.
    """
    for field, value in changes.items():
        setattr(user, field, value)
    _save(user, update_fields=[*changes])
    user.refresh_from_db(fields=["display_name"])
    return user


def _save(user: User, **kwargs: Any) -> None:
    # The constraint decides, as between a check and the save somebody else may take the name.
    try:
        with transaction.atomic():
            user.save(**kwargs)
    except IntegrityError:
        others = User.objects.exclude(pk=user.pk)
        if not others.filter(username__iexact=user.username).exists():
            raise
        raise _taken() from None


def _taken() -> ValidationError:
    return ValidationError({"username": "This username is taken."})


def delete_member(*, user: User) -> None:
    """Forget the member, and tell them. What they organised and played stays, and is nobody's."""
    with transaction.atomic():
        LogEntry.objects.filter(
            content_type__app_label="accounts", content_type__model="user", object_id=user.pk
        ).update(object_repr=f"member {user.pk}")
        user.delete()
    notify(user, "member_deleted")


@transaction.atomic
def deactivate(*, user: User) -> None:
    """Keep the member out, whatever they carry. What is linked stays linked, to nobody's use."""
    User.objects.filter(pk=user.pk).update(is_active=False)
    sign_out_everywhere(user=user)


def reactivate(*, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=True)


def member_for_tests(*, username: str, is_staff: bool = False) -> User:
    """Answer the member of that name, or a new one: nobody asks for a password.

    A superuser is never answered, so that a test's mistake costs no more than staff could undo.
    Raises ValidationError when the name is theirs, or of somebody who is deactivated.
    """
    candidates: UserQuerySet = User.objects.active().filter(is_superuser=False).named(username)
    user = candidates.first()
    if user is None:
        user = User(
            username=username,
            email=f"{secrets.token_hex(8)}@e2e.invalid",
            email_verified=True,
            is_staff=is_staff,
        )
        user.set_unusable_password()
        try:
            _save(user)
        except ValidationError:
            # Another of the tests' workers was first, or nobody may have it.
            user = candidates.first()
            if user is None:
                raise
    User.objects.filter(pk=user.pk).update(is_staff=is_staff)
    user.is_staff = is_staff
    return user

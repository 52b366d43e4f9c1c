"""What proves who a member is: the email and the password."""

from copy import copy

from django.contrib.auth import password_validation
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from rest_framework.exceptions import NotAuthenticated

from app.accounts import tasks
from app.accounts.errors import AlreadyVerified, EmailTaken, NoPassword
from app.accounts.models import User
from app.accounts.services.nonces import use_nonce
from app.accounts.services.notices import notify
from app.accounts.tokens import EmailToken, read_password_reset_token
from app.core.throttles import count_mail


def resend_verification(*, user: User) -> None:
    """Mail the member a link to prove the email again. Raises AlreadyVerified, Throttled."""
    if user.email_verified:
        raise AlreadyVerified
    count_mail(user.email)
    tasks.mail_verification.enqueue(user_id=user.pk, email=user.email)


def change_email(*, user: User, email: str, password: str) -> None:
    """Mail the new email a link to prove it; the old one is the member's until then.

    A token that somebody found must not be enough to take the account, so it takes the password.
    Raises ValidationError, by field, when it is not the member's; NoPassword when they have none,
    and are to set one first by way of their mailbox; Throttled.
    """
    if not user.has_usable_password():
        raise NoPassword
    if not user.check_password(password):
        raise ValidationError({"password": "This is not your password."})
    count_mail(email)
    tasks.mail_verification.enqueue(user_id=user.pk, email=email.lower())


def verify_email(*, token: str) -> User:
    """Note that the token's member has proven the token's email, which is theirs from then on.

    Raises ValidationError when the token is no good, and EmailTaken when another was first.
    """
    try:
        user_id, email, state = EmailToken.read(token)
    except signing.BadSignature:
        raise _worthless() from None
    with transaction.atomic():
        user: User | None = User.objects.active().select_for_update().filter(pk=user_id).first()
        if user and user.email == email and user.email_verified:
            return user  # the link was followed twice
        # Once, too: somebody who goes back to an email goes back to the state as well.
        used = f"email:{token.rpartition(':')[2]}"
        if user is None or state != EmailToken.state_of(user) or not use_nonce(used):
            raise _worthless()
        before = copy(user)
        user.email, user.email_verified = email, True
        try:
            with transaction.atomic():
                user.save(update_fields=["email", "email_verified"])
        except IntegrityError:
            raise EmailTaken from None
    notify(before, "email_changed")
    return user


def _worthless() -> ValidationError:
    return ValidationError({"token": "This link is used up or too old. Ask for a new mail."})


def set_password(user: User, password: str, *, field: str) -> None:
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({field: error.messages}) from error
    user.set_password(password)


def change_password(*, user: User, current_password: str, new_password: str) -> None:
    """Change the password, which ends all that the member has signed in.

    Raises NoPassword for a member who has never had one; ValidationError, by field;
    NotAuthenticated when something has ended the member's sign-ins since they were read.
    """
    if not user.has_usable_password():
        raise NoPassword
    if not user.check_password(current_password):
        raise ValidationError({"current_password": "This is not your password."})
    if not _replace_password(user, new_password, field="new_password"):
        raise NotAuthenticated
    notify(user, "password_changed")


def request_password_reset(*, email: str) -> None:
    """Mail the email a way to a new password, or why there is none. The caller learns neither."""
    tasks.mail_password_reset.enqueue(email=email.lower())


def reset_password(*, token: str, password: str) -> None:
    """Set the password of the member whose mailbox the token came from.

    Raises ValidationError, by field.
    """
    user = read_password_reset_token(token)
    # Of two at once the second finds another password than it has read.
    if user is None or not _replace_password(user, password, field="password"):
        raise _worthless()
    notify(user, "password_changed")


def _replace_password(user: User, password: str, *, field: str) -> bool:
    """Tell whether it was replaced: not if something has ended sign-ins since the user was read."""
    as_read = User.objects.as_read(user)
    set_password(user, password, field=field)
    with transaction.atomic():
        replaced = as_read.update(password=user.password)
        if replaced:
            user.token_families.all().delete()
    return bool(replaced)

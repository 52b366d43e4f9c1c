"""Every write to members and their tokens."""

import secrets
from dataclasses import dataclass
from typing import Any, cast

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken
from rest_framework_simplejwt.tokens import RefreshToken

from app.accounts.models import User


@dataclass(frozen=True)
class TokenPair:
    access: str
    refresh: str


def register(*, email: str, password: str, username: str | None = None) -> User:
    """Create a member who signs in with the email or the username, whatever their case.

    Raises ValidationError, by field, when either is taken or the password is too weak.
    """
    # Not made from the email, which is nobody else's business.
    username = username or f"member-{secrets.token_hex(4)}"
    user = User(email=email.lower(), username=username)
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error
    user.set_password(password)
    _save(user)
    return user


def update_member(*, user: User, **changes: Any) -> User:
    """Change what a member may change.

    Raises ValidationError, by field, when the email or the username is taken.
    """
    for field, value in changes.items():
        setattr(user, field, value)
    user.email = user.email.lower()
    _save(user, update_fields=[*changes])
    user.refresh_from_db(fields=["display_name"])
    return user


def _save(user: User, **kwargs: Any) -> None:
    # The constraint decides, as between a check and the save somebody else may take the name.
    try:
        with transaction.atomic():
            user.save(**kwargs)
    except IntegrityError:
        taken = {}
        for field in ("email", "username"):
            others = User.objects.exclude(pk=user.pk)
            if others.filter(**{f"{field}__iexact": getattr(user, field)}).exists():
                taken[field] = f"This {field} is taken."
        if not taken:
            raise
        raise ValidationError(taken) from None


@transaction.atomic
def delete_member(*, user: User) -> None:
    user.delete()


def sign_in(*, user: User) -> TokenPair:
    """Start a token family for the member, and note the time."""
    user.last_login = timezone.now()
    user.save(update_fields=["last_login"])
    return issue_tokens(user=user)


def issue_tokens(*, user: User) -> TokenPair:
    refresh = RefreshToken.for_user(user)
    return TokenPair(access=str(refresh.access_token), refresh=str(refresh))


@transaction.atomic
def rotate_tokens(*, refresh: str) -> TokenPair:
    """Trade a refresh token for a new pair; the old one is dead from then on.

    Raises InvalidToken when it is forged, expired, revoked or already traded, and when its member
    is gone or deactivated.
    """
    token = _read(refresh)
    user = User.objects.active().filter(pk=token["user_id"]).first()
    # Of two at once, one gets the pair.
    if user is None or not _blacklist(token):
        raise InvalidToken
    return issue_tokens(user=user)


def revoke_tokens(*, refresh: str) -> None:
    """Make a refresh token worthless. One that is so already is no error to be told of."""
    try:
        _blacklist(_read(refresh))
    except InvalidToken:
        return


def _blacklist(token: RefreshToken) -> bool:
    """Make the token worthless; answer whether it was this call that did it."""
    _, created = cast(tuple[BlacklistedToken, bool], token.blacklist())
    return created


def _read(refresh: str) -> RefreshToken:
    try:
        return RefreshToken(refresh)  # type: ignore[arg-type]
    except TokenError as error:
        raise InvalidToken from error

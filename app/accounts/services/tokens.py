"""Token families: signing in and out with tokens."""

import logging
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.utils import datetime_from_epoch

from app.accounts.errors import WrongCredentials
from app.accounts.models import Nonce, TokenFamily, User
from app.accounts.tokens import EMAIL_TOKEN_LIFETIME, RefreshToken, TokenPair

logger = logging.getLogger(__name__)

# Longer than a sign-in by another site may take, and as long as a mail may lie.
NONCE_LIFETIME = EMAIL_TOKEN_LIFETIME


@transaction.atomic
def sign_in(*, user: User) -> TokenPair:
    """Start a token family for the member, and note the time.

    Raises WrongCredentials when something has ended the member's sign-ins since they were read.
    """
    now = timezone.now()
    if not User.objects.as_read(user).update(last_login=now):
        raise WrongCredentials
    user.last_login = now
    return issue_tokens(user=user)


def issue_tokens(*, user: User) -> TokenPair:
    """Start a token family."""
    family = TokenFamily(user=user)
    refresh = RefreshToken.for_user(user)
    refresh["family"] = str(family.pk)
    family.jti, family.expires_at = refresh["jti"], datetime_from_epoch(refresh["exp"])
    family.save(force_insert=True)
    return TokenPair(access=str(refresh.access_token), refresh=str(refresh))


def rotate_tokens(*, refresh: str) -> TokenPair:
    """Trade a refresh token for a new pair; the old one is dead from then on.

    One that was traded before is in two hands, of which one is a thief's: it ends its family.
    https://datatracker.ietf.org/doc/html/rfc9700#section-4.14.2

    Raises InvalidToken when it is forged, expired, revoked or traded, and when its member is gone
    or deactivated.
    """
    old = _read(refresh)
    user = User.objects.active().filter(pk=old["user_id"]).first()
    if user is None:
        raise InvalidToken
    new = RefreshToken.for_user(user)
    new["family"] = str(old["family"])
    family = TokenFamily.objects.filter(pk=old["family"])
    # Read and written in one statement: of two at once, one finds its token.
    if not family.filter(jti=old["jti"]).update(
        jti=new["jti"], expires_at=datetime_from_epoch(new["exp"])
    ):
        if family.delete()[0]:
            logger.warning("A refresh token of member %s was used twice", user.pk)
        raise InvalidToken
    return TokenPair(access=str(new.access_token), refresh=str(new))


def revoke_tokens(*, refresh: str) -> None:
    """End the family of a refresh token. One that is worthless is no error to be told of."""
    try:
        family = _read(refresh)["family"]
    except InvalidToken:
        return
    TokenFamily.objects.filter(pk=family).delete()


def _read(refresh: str) -> RefreshToken:
    try:
        token = RefreshToken(refresh)  # type: ignore[arg-type]
        token["family"] = UUID(token["family"])
    except (TokenError, KeyError, TypeError, ValueError) as error:
        raise InvalidToken from error
    return token


@transaction.atomic
def sign_out_everywhere(*, user: User) -> None:
    """End every token and every session of the member."""
    # The row first: a sign-in that is under way holds it, and is seen once it is done.
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.token_families.all().delete()


def remove_expired() -> None:
    """Delete what has run out: token families, sessions, and nonces that nobody can send again."""
    now = timezone.now()
    TokenFamily.objects.filter(expires_at__lte=now).delete()
    Session.objects.filter(expire_date__lte=now).delete()
    Nonce.objects.filter(created_at__lte=now - NONCE_LIFETIME).delete()

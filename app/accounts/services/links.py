"""The accounts of other sites that a member has proven to be theirs."""

import re
import secrets
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils import timezone

from app.accounts.discord.payloads import AVATARS, Profile
from app.accounts.errors import (
    DiscordAccountTaken,
    DiscordAlreadyLinked,
    DiscordEmailNotVerified,
    EmailNotVerified,
    MemberInactive,
    SignInLost,
    SteamAccountTaken,
    SteamAlreadyLinked,
)
from app.accounts.models import User
from app.accounts.services.members import made_up_username
from app.accounts.services.notices import notify
from app.accounts.services.tokens import sign_out_everywhere


def sign_in_by_discord(*, profile: Profile) -> User:
    """Answer the member whose Discord account it is, or who has proven the email that it has.

    Where there is none, the account becomes a new member. Raises MemberInactive;
    DiscordEmailNotVerified and EmailNotVerified when the email is not proven on both sides, which
    would give a member's account to whoever claims their address; DiscordAlreadyLinked.
    """
    try:
        return _sign_in(profile)
    except IntegrityError:
        # The same account came by twice at once; now it is there.
        return _sign_in(profile)


def _sign_in(profile: Profile) -> User:
    with transaction.atomic():
        user = User.objects.select_for_update().filter(discord_id=profile.id).first()
        user = user or _owner_of_email(profile)
        if not user.is_active:
            raise MemberInactive
        is_new = _fill(user, profile)
    if is_new:
        notify(user, "discord_linked", discord=profile.nickname)
    return user


def _owner_of_email(profile: Profile) -> User:
    """Answer the member who has proven the email, or a new one if nobody claims it."""
    if not profile.proven_email:
        raise DiscordEmailNotVerified
    user: User | None = User.objects.named(profile.proven_email).select_for_update().first()
    if user is None:
        user = User(email=profile.proven_email, email_verified=True, username=_username(profile))
        user.set_unusable_password()
        user.save()
    elif not user.email_verified:
        raise EmailNotVerified
    return user


def _username(profile: Profile) -> str:
    """Answer a username that is free, like the one at Discord."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "", profile.username).lstrip(".-")[:32]
    if len(name) < 3:
        return made_up_username()
    if User.objects.named(name).exists():
        return f"{name[:23]}-{secrets.token_hex(4)}"
    return name


def link_discord(*, user: User, profile: Profile) -> None:
    """Note that the Discord account is the member's, and tell them: it is a way in from then on.

    Raises DiscordAccountTaken when it is another's, DiscordAlreadyLinked when they have another,
    SignInLost when something has ended the member's sign-ins since they were read.
    """
    try:
        with transaction.atomic():
            locked = User.objects.as_read(user).select_for_update().first()
            if locked is None:
                raise SignInLost
            is_new = _fill(locked, profile)
    except IntegrityError:
        raise DiscordAccountTaken from None
    if is_new:
        notify(locked, "discord_linked", discord=profile.nickname)


def _fill(user: User, profile: Profile) -> bool:
    """Write what Discord says, and tell whether it is news that the account is theirs.

    Raises DiscordAlreadyLinked.
    """
    if user.discord_id not in {None, profile.id}:
        raise DiscordAlreadyLinked
    is_new = user.discord_id is None
    user.discord_id = profile.id
    user.discord_nickname = profile.nickname
    if profile.guild is not None:
        if profile.guild.joined:
            user.guild_left_at = None
        elif user.in_guild:
            user.guild_left_at = timezone.now()
        user.in_guild = profile.guild.joined
        user.guild_nickname = profile.guild.nickname
    # An avatar of the member's own choice stays.
    if not user.avatar or urlsplit(user.avatar).hostname == AVATARS:
        user.avatar = profile.avatar_url
    user.save(
        update_fields=[
            "discord_id",
            "discord_nickname",
            "in_guild",
            "guild_nickname",
            "guild_left_at",
            "avatar",
        ]
    )
    user.refresh_from_db(fields=["display_name"])
    return is_new


@transaction.atomic
def unlink_discord(*, user: User) -> None:
    """Forget the account, and end what has been signed in by it, or otherwise."""
    User.objects.filter(pk=user.pk).update(
        discord_id=None, discord_nickname="", guild_nickname="", in_guild=False, guild_left_at=None
    )
    sign_out_everywhere(user=user)


def link_steam(*, user: User, steam_id: int) -> None:
    """Note that the Steam account is the member's, who has proven it.

    Raises SteamAccountTaken when it is another's, SteamAlreadyLinked when they have another,
    SignInLost when something has ended the member's sign-ins since they were read.
    """
    member = User.objects.as_read(user)
    try:
        with transaction.atomic():
            linked = member.filter(steam_id=None).update(steam_id=steam_id)
    except IntegrityError:
        raise SteamAccountTaken from None
    if linked or member.filter(steam_id=steam_id).exists():
        return
    raise SteamAlreadyLinked if member.exists() else SignInLost


def unlink_steam(*, user: User) -> None:
    """Forget the account. The matches that it played stay, and are linked to nobody in time."""
    User.objects.filter(pk=user.pk).update(steam_id=None)

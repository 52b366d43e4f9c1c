"""Steam accounts, found by a member's name or by whatever Steam calls them."""

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, NamedTuple, TypedDict

from django.core.cache import cache
from django.db.models import F, QuerySet
from django.db.models.functions import Lower

from app.accounts.models import User
from app.accounts.querysets import UserQuerySet
from app.core.search import matching, with_rank
from app.core.steam_id import STEAM_ID_MAX, STEAM_ID_MIN, parse_steam_id, to_account_id
from app.steam import services
from app.steam.errors import SteamNotSearched
from app.steam.models import Match, MemberSync
from app.steam.sources import steam_client
from app.steam.transport import CallError, OverBudget

MOST = 10
# So many are put in order, the newest: what all members are called is not looked for in all.
CONSIDERED = 1000
# Seconds for which it is remembered whom Steam knows by an id or a name, and that it knows nobody.
FOUND, NOBODY = 3600, 600

_PROFILE = re.compile(r"(?:https?://)?(?:www\.)?steamcommunity\.com/id/([^/?#]+)(?:[/?#].*)?", re.I)
# What Steam lets people choose; anything else it need not be asked for.
_VANITY = re.compile(r"[a-z0-9_-]{2,32}", re.I | re.A)


class Account(NamedTuple):
    """An account as Steam shows it."""

    steam_id: int
    persona_name: str
    avatar: str


class Found(TypedDict):
    account_id: int
    steam_id: int
    member: User | None
    persona_name: str
    avatar: str
    profile_url: str


def find(text: str) -> list[Found]:
    """Answer the members who are called so, and then the account that Steam knows by the text.

    Raises SteamNotSearched when there are none of the former and Steam cannot be asked.
    """
    text = text.strip()
    wanted = _wanted(text)
    members = [*dict.fromkeys(_members(text, wanted))][:MOST]
    results = {member.steam_id: _found(_as_known(member), member) for member in members}
    if wanted is None or wanted in results:
        return [*results.values()]
    try:
        account = _account(wanted)
    except CallError as error:
        if not results:
            wait = {"wait": error.seconds} if isinstance(error, OverBudget) else {}
            raise SteamNotSearched(**wait) from error
    else:
        if account is not None and account.steam_id not in results:
            member = _linked().filter(steam_id=account.steam_id).first()
            results[account.steam_id] = _found(account, member)
    return [*results.values()]


def _wanted(text: str) -> int | str | None:
    """Answer the SteamID that the text is, or the name in a profile's address that it may be."""
    steam_id = parse_steam_id(text)
    if steam_id is not None:
        return steam_id
    profile = _PROFILE.fullmatch(text)
    name = profile[1] if profile else text
    return name.lower() if _VANITY.fullmatch(name) else None


def _linked() -> UserQuerySet:
    linked: UserQuerySet = User.objects.active().steam_linked().select_related("steam_sync")
    return linked


def _members(text: str, wanted: int | str | None) -> Iterator[User]:
    """Answer the members whose account or name it is, each by an index."""
    linked = _linked()
    if isinstance(wanted, int):
        yield from linked.filter(steam_id=wanted)
    newest = matching(User.objects.active().steam_linked(), text).order_by("-id")[:CONSIDERED]
    named: QuerySet[Any, Any] = with_rank(linked.filter(pk__in=newest.values("pk")), text)
    yield from named.order_by("-rank", "-id")[:MOST]
    # Not those of an account that was another before.
    current = MemberSync.objects.filter(steam_id=F("member__steam_id"))
    personas = current.alias(lowered=Lower("persona_name"))
    called = personas.filter(lowered=text.lower()).values("member")
    yield from linked.filter(pk__in=called).order_by("-id")[:MOST]


def _as_known(member: User) -> Account:
    """Answer the member's account as the sync last saw it."""
    assert member.steam_id is not None
    sync: MemberSync | None = getattr(member, "steam_sync", None)
    if sync is None or sync.steam_id != member.steam_id:
        return Account(member.steam_id, "", "")
    return Account(member.steam_id, sync.persona_name, sync.avatar)


def _found(account: Account, member: User | None) -> Found:
    return Found(
        account_id=to_account_id(account.steam_id),
        steam_id=account.steam_id,
        member=member,
        persona_name=account.persona_name,
        avatar=account.avatar,
        profile_url=f"https://steamcommunity.com/profiles/{account.steam_id}/",
    )


def _account(wanted: int | str) -> Account | None:
    """Answer the account as Steam has it, or had it a while ago. Raises CallError."""
    # An id and a name of the same digits differ, as their Python does.
    digest = blake2b(repr(wanted).encode(), digest_size=16).hexdigest()
    key = f"steam-search:{digest}"
    kept = cache.get(key)
    if kept is None:
        account = _ask(wanted)
        kept = [*account] if account else []
        cache.set(key, kept, FOUND if account else NOBODY)
    return Account(*kept) if kept else None


def _ask(wanted: int | str) -> Account | None:
    with steam_client(interactive=True) as client:
        try:
            steam_id = client.resolve_vanity_url(name=wanted) if isinstance(wanted, str) else wanted
            if steam_id is None or not STEAM_ID_MIN <= steam_id <= STEAM_ID_MAX:
                return None
            summaries = client.player_summaries(steam_ids=[steam_id])
        finally:
            services.note_usage(source=Match.Source.STEAM, transport=client.transport)
    for summary in summaries:
        if summary.steamid == str(steam_id):
            return Account(steam_id, summary.personaname, summary.avatarfull)
    return None

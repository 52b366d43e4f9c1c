"""Which members the sync follows, when, and what a check tells of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from app.accounts.models import User
from app.core import deadline
from app.core.steam_id import to_account_id
from app.steam import activity, payloads, records
from app.steam.models import MatchPlayer, MemberSync

Status = MemberSync.Status

GIVEN_OUT = timedelta(minutes=15)
"""How long what was given to a worker is left alone before it is given out again."""
LOOK_GIVEN_OUT = timedelta(hours=1)
"""The same of a look, which may wait for its turn."""
PAGE = 1000
RESERVE = 60
"""Seconds before its end at which a plan takes in no more members, and gives out who is due."""


def reconcile() -> None:
    """Follow the members who have linked an account since, and no longer those who have not.

    Of very many as many as there is time for; the next plan goes on with them.
    """
    unlinked = MemberSync.objects.exclude(member__steam_id=F("steam_id"))
    for sync in unlinked.iterator(PAGE):
        if deadline.left() < RESERVE:
            return
        _leave(sync)
    linked = User.objects.active().steam_linked().filter(steam_sync=None)
    for member in linked.only("steam_id").iterator(PAGE):
        if deadline.left() < RESERVE:
            return
        adopt(member=member)


@transaction.atomic
def adopt(*, member: User) -> None:
    """Follow the member's history from now on, and link the rows that are here already."""
    assert member.steam_id is not None
    # In the one order in which all lock them: this, members by their ids, matches.
    records.lock()
    theirs = MemberSync.objects.filter(Q(member=member) | Q(steam_id=member.steam_id))
    list(theirs.order_by("member_id").select_for_update())
    # Of another account of theirs, and of another member who had this one.
    for stale in MemberSync.objects.filter(member=member).exclude(steam_id=member.steam_id):
        _leave(stale)
    for stale in MemberSync.objects.filter(steam_id=member.steam_id).exclude(member=member):
        _leave(stale)
    now = timezone.now()
    MemberSync.objects.bulk_create(
        [MemberSync(member=member, steam_id=member.steam_id, since=now, due_at=now, look_at=now)],
        ignore_conflicts=True,
    )
    sync = MemberSync.objects.select_for_update().get(member=member)
    link_rows(sync)


def has_unlinked_rows(sync: MemberSync) -> bool:
    """Tell whether there are rows of the account that came when it was nobody's."""
    return _unlinked_rows(sync).exists()


def link_rows(sync: MemberSync) -> None:
    """Link the rows of the account that came when it was nobody's.

    Who calls holds the records' lock and the sync's, without which what is stored now were missed.
    """
    _unlinked_rows(sync).update(member=sync.member_id)
    records.rebuild(sync.member_id)


def _unlinked_rows(sync: MemberSync) -> QuerySet[MatchPlayer]:
    account_id = to_account_id(sync.steam_id)
    return MatchPlayer.objects.filter(account_id=account_id, member__isnull=True)


@transaction.atomic
def _leave(sync: MemberSync) -> None:
    records.lock()
    locked = MemberSync.objects.select_for_update().filter(pk=sync.pk, steam_id=sync.steam_id)
    if locked.first() is None:
        return
    MatchPlayer.objects.filter(member=sync.member_id).update(member=None)
    records.forget(sync.member_id)
    sync.delete()


@transaction.atomic
def start_over(*, member_ids: Iterable[int]) -> int:
    """Have the histories read from their start again; answer how many."""
    now = timezone.now()
    syncs = MemberSync.objects.filter(member__in=member_ids)
    return syncs.update(
        newest_match_id=0, gap_from=None, gap_to=0, reread_at=None, look_at=now, due_at=now
    )


def give_out_due_members(*, checks: int, looks: int) -> Iterator[list[int]]:
    """Answer the members who are due, the longest wait first, in hundreds.

    No more of them than `checks`, and of those who are to be looked at in any case no more than
    `looks` at any time. They then are not due for GIVEN_OUT, within which a worker checks them.
    """
    now = timezone.now()
    wanted = Q(look_at__lte=now)
    looks -= MemberSync.objects.filter(wanted, due_at__gt=now).count()
    given: list[int] = []
    for which, most in ((wanted, min(looks, checks)), (Q(look_at=None) | ~wanted, checks)):
        while most > 0 and (page := _give_out(which, min(most, PAGE))):
            most -= len(page)
            given += page
    # A hundred are one call: of the two together there is one that is not full.
    for start in range(0, len(given), 100):
        yield given[start : start + 100]


@transaction.atomic
def _give_out(which: Q, most: int) -> list[int]:
    now = timezone.now()
    due = MemberSync.objects.filter(which, due_at__lte=now, member__is_active=True)
    due = due.order_by("due_at")
    # Of itself alone: locking the members too would make them wait who change their profile.
    locked = due.select_for_update(skip_locked=True, of=("self",))
    members = list(locked.values_list("member_id", flat=True)[:most])
    MemberSync.objects.filter(member__in=members).update(due_at=now + GIVEN_OUT)
    return members


@transaction.atomic
def record_check(
    *, member_ids: Sequence[int], summaries: Mapping[int, payloads.PlayerSummary]
) -> list[int]:
    """Note what the members' profiles say, by their SteamID; answer who is to be looked at now."""
    now = timezone.now()
    rows = MemberSync.objects.select_for_update().filter(member__in=member_ids)
    wanted, changed, due = [], [], defaultdict(list)
    for sync in rows.order_by("member_id"):
        before = _checkable(sync)
        if _checked(sync, summaries.get(sync.steam_id), now):
            wanted.append(sync.member_id)
            # The look says when to check again; this is for one that is lost.
            sync.due_at = now + LOOK_GIVEN_OUT
        due[sync.due_at].append(sync.member_id)
        if _checkable(sync) != before:
            changed.append(sync)
    # Most have nothing new but when they are due, which is one of four times.
    for due_at, members in due.items():
        MemberSync.objects.filter(member__in=members).update(due_at=due_at)
    if changed:
        MemberSync.objects.bulk_update(changed, _CHECKED)
    return wanted


_CHECKED = ("look_at", "in_dota", "played_at", "profile_is_public", "persona_name", "avatar")


def _checkable(sync: MemberSync) -> tuple[object, ...]:
    return tuple(getattr(sync, name) for name in _CHECKED)


def _checked(sync: MemberSync, summary: payloads.PlayerSummary | None, now: datetime) -> bool:
    """Write a check into the row; tell whether the member is to be looked at now."""
    was_in_dota, sync.in_dota = sync.in_dota, bool(summary and summary.in_dota)
    sync.profile_is_public = bool(summary and summary.is_public)
    if summary is not None:
        sync.persona_name = summary.personaname.replace("\0", "")[:64]
        avatar = summary.avatarfull
        sync.avatar = avatar if len(avatar) <= 300 and "\0" not in avatar else ""
    if sync.in_dota:
        sync.played_at = now
    pace = activity.pace(activity.idle(sync.played_at, now))
    sync.due_at = now + pace.check
    if sync.look_at is None and _has_cause(sync, was_in_dota, pace, now):
        sync.look_at = now
    return sync.look_at is not None and sync.look_at <= now


def _has_cause(sync: MemberSync, was_in_dota: bool, pace: activity.Pace, now: datetime) -> bool:
    if sync.synced_at is None or sync.gap_from is not None or sync.status != Status.OK:
        return True
    if sync.reread_at is not None and sync.reread_at <= now:
        return True
    since = now - sync.synced_at
    if sync.in_dota:
        return since >= activity.IN_DOTA
    return was_in_dota or since >= (pace.look if sync.profile_is_public else pace.look_hidden)

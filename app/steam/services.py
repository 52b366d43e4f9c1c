"""What the sync learns of members and matches, written down."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.core.steam_id import to_account_id
from app.steam import payloads
from app.steam.models import Match, MatchPlayer, MemberSync

# How long a match that was given to a worker is left alone before it is given out again.
RETRY_AFTER = timedelta(minutes=15)
# Matches in one task: what is lost, at most, when its worker is killed.
BATCH_SIZE = 10


@transaction.atomic
def record_history(
    *, member: User, steam_id: int, matches: Sequence[payloads.HistoryMatch]
) -> list[int]:
    """Note the matches of a member's history, and that it is known this far.

    Both in one transaction, so that a history that was read half-way is read again in full.
    Answers the ids of the matches whose details are still to be fetched, newest first.
    """
    found = {match.match_id: match for match in matches}
    now = timezone.now()
    Match.objects.bulk_create(
        [
            Match(
                match_id=match_id,
                match_seq_num=found[match_id].match_seq_num,
                start_time=datetime.fromtimestamp(found[match_id].start_time, UTC),
                retry_at=now,
            )
            for match_id in sorted(found)
        ],
        ignore_conflicts=True,
    )
    # Matches that are here already: others played them before this link, or this member was linked
    # to another account when they came.
    account_id = to_account_id(steam_id)
    MatchPlayer.objects.filter(account_id=account_id).exclude(member=member).update(member=member)
    MatchPlayer.objects.filter(member=member).exclude(account_id=account_id).update(member=None)

    newest = max([newest_known_match(member=member, steam_id=steam_id), *found])
    _note(
        member,
        steam_id,
        MemberSync.Status.OK,
        newest_match_id=newest,
        synced_at=now,
        error="",
    )
    pending = Match.objects.pending().filter(match_id__in=found).order_by("-match_id")
    return list(pending.values_list("match_id", flat=True))


def record_private_history(*, member: User, steam_id: int, error: str) -> None:
    _note(member, steam_id, MemberSync.Status.PRIVATE, error=error)


def newest_known_match(*, member: User, steam_id: int) -> int:
    """Answer the match up to which the member's history is known; 0 before the first sync."""
    sync = MemberSync.objects.filter(member=member, steam_id=steam_id)
    return sync.values_list("newest_match_id", flat=True).first() or 0


def _note(member: User, steam_id: int, status: MemberSync.Status, **fields: object) -> None:
    due_at = timezone.now() + timedelta(minutes=settings.STEAM_SYNC_MINUTES)
    MemberSync.objects.update_or_create(
        member=member,
        defaults={"steam_id": steam_id, "status": status, "due_at": due_at, **fields},
    )


def record_unavailable(*, match_id: int, reason: str) -> None:
    """Note that a match's details will not come."""
    Match.objects.pending().filter(match_id=match_id).update(
        state=Match.State.UNAVAILABLE, reason=reason[:200], retry_at=None
    )


@transaction.atomic
def give_out_pending_matches() -> list[int]:
    """Answer the pending matches that are due, which then are not for RETRY_AFTER."""
    now = timezone.now()
    due = Match.objects.due(now).select_for_update(skip_locked=True).order_by("-match_id")
    match_ids = list(due.values_list("match_id", flat=True))
    Match.objects.filter(match_id__in=match_ids).update(retry_at=now + RETRY_AFTER)
    return match_ids


def batches(match_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(match_ids), BATCH_SIZE):
        yield match_ids[start : start + BATCH_SIZE]

"""A member's history, page by page, and how far it is known."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from app.core.steam_id import to_account_id
from app.steam import activity, payloads, records
from app.steam.errors import LeaseLost
from app.steam.models import Match, MatchPlayer, MemberSync
from app.steam.services.members import has_unlinked_rows, link_rows

Status = MemberSync.Status

LEASE = timedelta(minutes=5)
"""How long a worker has a member to itself; a killed one's members are free again then."""


def lease(*, member_id: int) -> MemberSync | None:
    """Take the member for this worker alone, if a look is wanted and nobody else is at it."""
    now = timezone.now()
    token = uuid4()
    # Of one table alone: PostgreSQL looks at a row that it has waited for once more, and not at
    # what it has joined.
    wanted = MemberSync.objects.filter(
        Q(leased_until=None) | Q(leased_until__lte=now), member=member_id, look_at__lte=now
    )
    if not wanted.update(lease=token, leased_until=now + LEASE):
        return None
    sync = MemberSync.objects.select_related("member").filter(member=member_id, lease=token).first()
    if sync is not None and not sync.member.is_active:
        forget_lease(sync=sync)
        return None
    return sync


def _locked(sync: MemberSync) -> MemberSync:
    """Answer the row as it is now, locked. Raises LeaseLost when it is another worker's by now."""
    rows = MemberSync.objects.select_for_update(of=("self",))
    row = rows.filter(pk=sync.pk, lease=sync.lease).first()
    if row is None:
        raise LeaseLost
    return row


@transaction.atomic
def record_page(
    *, sync: MemberSync, page: payloads.History, from_gap: bool
) -> tuple[MemberSync, int]:
    """Note the matches of a page, and that the history is known this far, both or neither.

    `from_gap` says that it is the page at which the gap begins, and not the newest one. Answers
    the row as it is then, and how many of the matches are news. Raises LeaseLost.
    """
    if links := has_unlinked_rows(sync):
        records.lock()
    row = _locked(sync)
    if links:
        link_rows(row)
    found = {line.match_id: line for line in page.matches}
    news = _record_matches(found, row)
    (_narrow_gap if from_gap else _open_gap)(row, found, page.results_remaining)
    if not from_gap:
        row.newest_match_id = max(row.newest_match_id, *found, 0)
        row.synced_at = timezone.now()
    started = max((line.start_time for line in page.matches), default=0)
    if started and (row.played_at is None or row.played_at.timestamp() < started):
        row.played_at = datetime.fromtimestamp(started, UTC)
    row.leased_until = timezone.now() + LEASE
    row.save(
        update_fields=[
            "gap_from",
            "gap_to",
            "reread_at",
            "newest_match_id",
            "synced_at",
            "played_at",
            "leased_until",
            "updated_at",
        ]
    )
    return row, news


def _open_gap(row: MemberSync, newest: Collection[int], remaining: int) -> None:
    """Note what is to be read below the newest page: what is new there, or all if it is time to."""
    is_reread = row.gap_from is None and row.reread_at and row.reread_at <= timezone.now()
    if is_reread:
        row.reread_at = None
    # What Steam hides counts as remaining and never comes.
    counted = len(newest) + remaining
    reaches_below = counted > payloads.HISTORY_PAGE
    if not newest or remaining == 0:
        return
    if is_reread and reaches_below:
        row.gap_from, row.gap_to = min(newest) - 1, 0
    elif min(newest) - 1 > row.newest_match_id:
        # A gap that was open is part of the new one.
        row.gap_to = row.newest_match_id if row.gap_from is None else row.gap_to
        row.gap_from = min(newest) - 1
    elif row.gap_from is None and row.reread_at is None and reaches_below:
        known = MatchPlayer.objects.filter(member=row.member_id).count()
        row.reread_at = timezone.now() + activity.REREAD if known < counted else None


def _narrow_gap(row: MemberSync, found: Collection[int], remaining: int) -> None:
    ends = not found or remaining == 0 or min(found) - 1 <= row.gap_to
    row.gap_from = None if ends else min(found) - 1


def _record_matches(found: dict[int, payloads.HistoryMatch], sync: MemberSync) -> int:
    """Note the matches as pending and the member's place in them; answer how many are news."""
    if not found:
        return 0
    now = timezone.now()
    known = Match.objects.filter(match_id__in=found)
    states = dict(known.values_list("match_id", "state"))
    new = [line for match_id, line in sorted(found.items()) if match_id not in states]
    if new:
        Match.objects.bulk_create(
            [
                Match(
                    match_id=line.match_id,
                    match_seq_num=line.match_seq_num,
                    lobby_type=line.lobby_type,
                    start_time=datetime.fromtimestamp(line.start_time, UTC),
                    retry_at=now,
                )
                for line in new
            ],
            ignore_conflicts=True,
        )
    # Of what is stored the rows are there; of what is not, each of its members adds their own.
    account_id = to_account_id(sync.steam_id)
    MatchPlayer.objects.bulk_create(
        [
            MatchPlayer(
                match_id=line.match_id,
                player_slot=player.player_slot,
                account_id=account_id,
                member_id=sync.member_id,
                hero_id=player.hero_id,
            )
            for match_id, line in sorted(found.items())
            if states.get(match_id) != Match.State.STORED
            for player in line.players
            if player.account_id == account_id
        ],
        ignore_conflicts=True,
    )
    if Match.State.UNAVAILABLE in states.values():
        # A history lists what Steam gave no details of: it may have been hidden, and is no longer.
        again = known.filter(state=Match.State.UNAVAILABLE, retry_at__lte=now)
        again.update(
            state=Match.State.PENDING, reason="", retry_at=now, opendota_at=None, updated_at=now
        )
    return len(new)


@transaction.atomic
def finish_look(*, sync: MemberSync, found: int) -> None:
    """Note that the look went well, and give the member back. Raises LeaseLost."""
    row = _locked(sync)
    now = timezone.now()
    # Should somebody have asked for another since this one began, that stands.
    wanted = row.look_at if row.look_at != sync.look_at else None
    row.look_at = now + activity.SECOND_LOOK if found else wanted
    check = now + activity.pace(activity.idle(row.played_at, now)).check
    row.due_at = min(filter(None, (check, row.look_at)))
    _end(row, Status.OK, now)


@transaction.atomic
def note_private(*, sync: MemberSync) -> None:
    """Note that the member shares no history, and give them back. Raises LeaseLost."""
    row = _locked(sync)
    now = timezone.now()
    row.look_at = None
    row.due_at = now + activity.PRIVATE
    _end(row, Status.PRIVATE, now, error="They do not let Steam share their match history.")


@transaction.atomic
def note_failure(*, sync: MemberSync, error: str) -> None:
    """Note why the look failed, and give the member back. Raises LeaseLost."""
    row = _locked(sync)
    now = timezone.now()
    row.failures += 1
    # The next one begins with the newest page again: what fails may be an old one.
    row.due_at = row.look_at = now + activity.retry(row.failures)
    _end(row, Status.FAILING, now, error=error)


def _end(row: MemberSync, status: Status, now: datetime, *, error: str = "") -> None:
    if row.status != status:
        row.status, row.since = status, now
    if status != Status.FAILING:
        row.failures = 0
    row.error = error[:200]
    row.lease = row.leased_until = None
    row.save()


def forget_lease(*, sync: MemberSync) -> None:
    """Give the member back in the middle of a look, which is to be gone on with."""
    rows = MemberSync.objects.filter(pk=sync.pk, lease=sync.lease)
    rows.update(lease=None, leased_until=None)

"""Matches of which the details are still to be fetched, or will not come."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from app.steam import activity
from app.steam.models import Match, MatchPlayer, MemberSync
from app.steam.services.members import GIVEN_OUT

Reason = Match.Reason

GONE = 3
"""After so many times in vain a match that the histories still list is taken to be gone."""
PRACTICE = 1
"""Steam's lobby_type of the lobbies that people open themselves."""


@transaction.atomic
def give_out_pending_matches(most: int) -> list[int]:
    """Answer the newest pending matches that are due, which then are not for GIVEN_OUT.

    No more than `most` are given out at any time, as tasks that wait for each other do nothing.
    """
    now = timezone.now()
    at_work = Match.objects.pending().filter(retry_at__gt=now, retry_at__lte=now + GIVEN_OUT)
    most -= at_work.count()
    if most <= 0:
        return []
    due = Match.objects.due(now).order_by("-match_id")
    match_ids = list(
        due.select_for_update(skip_locked=True).values_list("match_id", flat=True)[:most]
    )
    if match_ids:
        hold_back(match_ids=match_ids, until=now + GIVEN_OUT)
    return match_ids


def hold_back(*, match_ids: Sequence[int], until: datetime) -> None:
    """Note that somebody is at the matches, or will be, until then."""
    Match.objects.pending().filter(match_id__in=match_ids).update(retry_at=until)


@transaction.atomic
def give_out_unasked_matches(most: int) -> list[int]:
    """Answer the newest matches that Steam does not give, and OpenDota was not asked for."""
    unasked = Match.objects.filter(state=Match.State.UNAVAILABLE, opendota_at=None)
    rows = unasked.order_by("-match_id").select_for_update(skip_locked=True)
    match_ids = list(rows.values_list("match_id", flat=True)[:most])
    # Should its answer not come, it is asked once more when a history lists the match again.
    note_asked(match_ids=match_ids)
    return match_ids


def note_asked(*, match_ids: Sequence[int], asked: bool = True) -> None:
    """Note that OpenDota was asked for the matches, or that it was not after all."""
    now = timezone.now() if asked else None
    Match.objects.filter(match_id__in=match_ids).update(opendota_at=now)


def retry_matches(*, match_ids: Sequence[int]) -> int:
    """Let the details of those that are unavailable be fetched once more; answer how many."""
    now = timezone.now()
    matches = Match.objects.filter(match_id__in=match_ids, state=Match.State.UNAVAILABLE)
    return matches.update(
        state=Match.State.PENDING, reason="", retry_at=now, opendota_at=None, updated_at=now
    )


def note_attempt(*, match_id: int) -> None:
    """Note that Steam had no answer for the match, which is asked for again later and later."""
    match = Match.objects.pending().filter(match_id=match_id)
    attempts = match.values_list("attempts", flat=True).first() or 0
    wait = activity.retry(attempts + 2)  # beyond GIVEN_OUT, as nobody is at it
    match.update(attempts=F("attempts") + 1, retry_at=timezone.now() + wait)


@transaction.atomic
def note_unavailable(*, match_id: int, malformed: bool = False) -> None:
    """Note that Steam gave no details of the match, or none that make sense."""
    _have_reread(match_id)
    match = Match.objects.pending().select_for_update().filter(match_id=match_id).first()
    if match is None:
        return
    match.denials += 1
    match.state = Match.State.UNAVAILABLE
    match.reason = Reason.MALFORMED if malformed else _reason(match)
    # Each time in vain makes it four times as long: an hour, four hours, sixteen, …
    match.retry_at = timezone.now() + timedelta(hours=4 ** min(match.denials - 1, 5))
    match.save(update_fields=["denials", "state", "reason", "retry_at", "updated_at"])


def _have_reread(match_id: int) -> None:
    # Should Steam show it later, the newest page of a history may no longer reach as far.
    members = MatchPlayer.objects.filter(match=match_id, member__isnull=False).values("member")
    syncs = MemberSync.objects.filter(member__in=members, reread_at=None).order_by("pk")
    locked = list(syncs.select_for_update().values_list("pk", flat=True))
    MemberSync.objects.filter(pk__in=locked).update(reread_at=timezone.now() + activity.REREAD)


def _reason(match: Match) -> Reason:
    if match.denials >= GONE:
        return Reason.GONE
    if match.lobby_type == PRACTICE and not match.league_id:
        return Reason.NOT_TICKETED
    members = MatchPlayer.objects.filter(match=match, member__isnull=False).values("member")
    syncs = MemberSync.objects.filter(member__in=members)
    shared = syncs.filter(~Q(status=MemberSync.Status.PRIVATE))
    if syncs.exists() and not shared.exists():
        return Reason.PRIVATE
    return Reason.HIDDEN

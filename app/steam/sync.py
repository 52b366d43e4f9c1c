"""The steps of the sync: who is playing, a member's history, the details of its matches.

Each step may run twice, or be killed half-way and run again, and ends the same. What Steam does not
answer is noted where people can read it, and asked for again later; no step fails for it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.utils import timezone

from app.core import deadline
from app.core.steam_id import to_account_id
from app.steam import services
from app.steam.client import MalformedMatch, PrivateHistory, SteamClient
from app.steam.errors import LeaseLost
from app.steam.ingest import store_matches
from app.steam.models import Match, MemberSync
from app.steam.services.members import GIVEN_OUT
from app.steam.sources import opendota_client, steam_client
from app.steam.transport import CallError, Client, NotThere, OverBudget

C = TypeVar("C", bound=Client)

STOP = 75
"""Seconds before its end at which a task stops: a call that is tried again may take so long."""
SOON = 1.0
"""Seconds after which a task that ran out of time goes on."""


@dataclass
class Work(Generic[C]):
    """What a task did for its run."""

    client: C
    done: Counter[str] = field(default_factory=Counter)
    error: str = ""

    def put_back(self, seconds: float) -> float:
        """Note that the task is to go on later; answer in how many seconds."""
        self.done["put_back"] += 1
        return seconds


def work(run_id: int) -> AbstractContextManager[Work[SteamClient]]:
    """Work with Steam, and note what was done even if it ends badly."""
    return _noted(run_id, steam_client(), Match.Source.STEAM)


@contextmanager
def _noted(run_id: int, client: C, source: Match.Source) -> Iterator[Work[C]]:
    with client:
        work = Work(client)
        try:
            yield work
        except CallError as error:
            work.error = str(error)
        finally:
            services.note_work(
                run_id=run_id,
                source=source,
                transport=client.transport,
                done=work.done,
                error=work.error,
            )


def check_members(
    work: Work[SteamClient], member_ids: Sequence[int]
) -> tuple[list[int], float | None]:
    """Ask in one call what a hundred members are doing; answer who is to be looked at.

    Answers besides in how many seconds to ask, if it was not to be done now. Raises CallError; then
    they are due again in a while.
    """
    syncs = MemberSync.objects.filter(member__in=member_ids)
    steam_ids = list(syncs.values_list("steam_id", flat=True))
    try:
        found = work.client.player_summaries(steam_ids=steam_ids) if steam_ids else []
    except OverBudget as error:
        return [], work.put_back(error.seconds)
    summaries = {int(summary.steamid): summary for summary in found}
    wanted = services.record_check(member_ids=member_ids, summaries=summaries)
    work.done["members_checked"] += len(steam_ids)
    return wanted, None


def look_at_member(work: Work[SteamClient], member_id: int) -> float | None:
    """Read what is new in the member's history, and what is left of a gap in it.

    Answers in how many seconds to go on, if it was not to be done at once.
    """
    sync = services.lease(member_id=member_id)
    if sync is None:
        return None
    try:
        return _look(work, sync)
    except LeaseLost:
        return None


def _look(work: Work[SteamClient], sync: MemberSync) -> float | None:
    found = 0
    # A look that was put back has read the newest page already, and goes on in the gap.
    from_gap = sync.gap_from is not None and _has_begun(sync)
    try:
        while True:
            if deadline.left() < STOP:
                services.forget_lease(sync=sync)
                return work.put_back(SOON)
            page = work.client.match_history(
                account_id=to_account_id(sync.steam_id),
                start_at_match_id=sync.gap_from if from_gap else None,
            )
            row, news = services.record_page(sync=sync, page=page, from_gap=from_gap)
            sync.gap_from = row.gap_from
            found += news
            work.done["matches_found"] += news
            if sync.gap_from is None:
                break
            from_gap = True
    except OverBudget as error:
        services.forget_lease(sync=sync)
        return work.put_back(error.seconds)
    except PrivateHistory:
        services.note_private(sync=sync)
    except CallError as error:
        work.error = str(error)
        services.note_failure(sync=sync, error=str(error))
    else:
        services.finish_look(sync=sync, found=found)
    work.done["members_looked_at"] += 1
    return None


def _has_begun(sync: MemberSync) -> bool:
    return bool(sync.synced_at and sync.look_at and sync.synced_at >= sync.look_at)


def fetch_matches(work: Work[SteamClient], match_ids: Sequence[int]) -> tuple[list[int], float]:
    """Fetch and store those of the matches that are still pending, one call each.

    Answers the ids of those to go on with, and in how many seconds.
    """
    pending = Match.objects.pending().filter(match_id__in=match_ids).order_by("-match_id")
    left = dict(pending.values_list("match_id", "match_seq_num"))
    fetched = []
    seconds = 0.0
    try:
        for match_id, seq_num in list(left.items()):
            if deadline.left() < STOP:
                seconds = work.put_back(SOON)
                break
            try:
                match = work.client.match(match_id=match_id, match_seq_num=seq_num)
            except MalformedMatch:
                services.note_unavailable(match_id=match_id, malformed=True)
                work.done["matches_unavailable"] += 1
            except OverBudget:
                raise
            except CallError as error:
                # It may be this match alone that Steam cannot tell of: the others are asked for.
                work.error = str(error)
                services.note_attempt(match_id=match_id)
            else:
                if match is None:
                    services.note_unavailable(match_id=match_id)
                    work.done["matches_unavailable"] += 1
                else:
                    fetched.append(match)
            del left[match_id]
    except OverBudget as error:
        seconds = work.put_back(error.seconds)
    finally:
        work.done["matches_stored"] += len(store_matches(fetched))
    if left:
        until = timezone.now() + GIVEN_OUT
        services.hold_back(match_ids=list(left), until=until)
    return list(left), seconds


def fetch_from_opendota(run_id: int, match_ids: Sequence[int]) -> None:
    """Fetch from OpenDota what Steam does not give, one call each, and store it as OpenDota's."""
    left = list(match_ids)
    fetched = []
    with _noted(run_id, opendota_client(), Match.Source.OPENDOTA) as work:
        try:
            for match_id in match_ids:
                if deadline.left() < STOP:
                    break
                try:
                    # What is not there either has been asked for, and that is the end of it.
                    with suppress(NotThere, MalformedMatch):
                        fetched.append(work.client.match(match_id=match_id))
                except OverBudget:
                    raise
                except CallError as error:
                    work.error = str(error)
                else:
                    left.remove(match_id)
        finally:
            unanswered = [*left, *(match.match_id for match in fetched)]
            try:
                stored = store_matches(fetched, source=Match.Source.OPENDOTA)
                work.done["matches_stored"] += len(stored)
                unanswered = left
            finally:
                services.note_asked(match_ids=unanswered, asked=False)

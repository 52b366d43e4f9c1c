import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django_tasks import task

from app.accounts.models import User
from app.core.queue import enqueue_each, nudge, put_back
from app.steam import live, services, sync
from app.steam.client import DETAILS, HISTORY, SUMMARIES
from app.steam.models import Match, SyncRun
from app.steam.opendota import MATCHES
from app.steam.sources import opendota_budget, steam_budget
from app.steam.transport import CallError

logger = logging.getLogger(__name__)

# How long until the next plan, and what each gives out: no more than the budget bears until then.
PLAN_SECONDS, MATCHES_SECONDS = 600, 60
# Of the calls until the next plan, what checks may take, so that looks have some.
CHECKS = 0.5
# Matches in one task: what is asked for twice, at most, when its worker is killed.
BATCH_SIZE = 10


@task
def plan_sync(*, staff_id: int | None = None) -> None:
    """Give out the members who are due."""
    services.reconcile()
    budget = steam_budget()
    trigger = SyncRun.Trigger.STAFF if staff_id else SyncRun.Trigger.SCHEDULE
    run = services.begin_run(
        trigger=trigger, started_by=User.objects.filter(pk=staff_id).first() if staff_id else None
    )
    checks = int(budget.room(SUMMARIES, PLAN_SECONDS) * CHECKS) * 100
    looks = budget.room(HISTORY, PLAN_SECONDS)
    hundreds = list(services.give_out_due_members(checks=checks, looks=looks))
    services.note_due(run_id=run.pk, members=sum(map(len, hundreds)))
    enqueue_each(
        check_members,
        ({"run_id": run.pk, "member_ids": members} for members in hundreds),
        apart=timedelta(seconds=budget.pause(SUMMARIES)),
    )
    # On a laptop all of that has happened by now.
    nudge(plan_matches)


@task
def check_members(*, run_id: int, member_ids: list[int]) -> None:
    wanted: list[int] = []
    seconds = None
    with sync.work(run_id) as work:
        wanted, seconds = sync.check_members(work, member_ids)
    if seconds is not None:
        put_back(check_members, seconds=seconds, run_id=run_id, member_ids=member_ids)
    enqueue_each(
        look_at_member,
        ({"run_id": run_id, "member_id": member_id} for member_id in wanted),
        apart=timedelta(seconds=steam_budget().pause(HISTORY)),
    )


@task
def look_at_member(*, run_id: int, member_id: int) -> None:
    seconds = None
    with sync.work(run_id) as work:
        seconds = sync.look_at_member(work, member_id)
    if seconds is not None:
        put_back(look_at_member, seconds=seconds, run_id=run_id, member_id=member_id)


@task
def plan_matches() -> None:
    """Give out the newest of the matches whose details are still to be fetched."""
    # Most minutes have none.
    if Match.objects.due(timezone.now()).exists():
        _give_out_matches()
    if settings.OPENDOTA_ENABLED:
        most = min(BATCH_SIZE, opendota_budget().room(MATCHES, MATCHES_SECONDS))
        if match_ids := services.give_out_unasked_matches(most):
            run = services.latest_run()
            nudge(fetch_from_opendota, run_id=run.pk, match_ids=match_ids)


def _give_out_matches() -> None:
    budget = steam_budget()
    match_ids = services.give_out_pending_matches(budget.room(DETAILS, MATCHES_SECONDS))
    run = services.latest_run()
    services.note_due(run_id=run.pk, matches=len(match_ids))
    enqueue_each(
        ingest_matches,
        ({"run_id": run.pk, "match_ids": ids} for ids in _batches(match_ids)),
        apart=timedelta(seconds=budget.pause(DETAILS) * BATCH_SIZE),
    )


@task
def ingest_matches(*, run_id: int, match_ids: list[int]) -> None:
    with sync.work(run_id) as work:
        left, seconds = sync.fetch_matches(work, match_ids)
        if left:
            put_back(ingest_matches, seconds=seconds, run_id=run_id, match_ids=left)


@task
def fetch_from_opendota(*, run_id: int, match_ids: list[int]) -> None:
    sync.fetch_from_opendota(run_id, match_ids)


@task
def sync_linked_member(*, member_id: int) -> None:
    """Read the history of a member who has just linked their account."""
    run = services.begin_run(trigger=SyncRun.Trigger.LINK)
    services.note_due(run_id=run.pk, members=1)
    nudge(look_at_member, run_id=run.pk, member_id=member_id)


@task
def poll_live_games() -> None:
    """Note which games with members in them are being played."""
    _now_or_next_time(live.poll)


@task
def sync_heroes() -> None:
    """Note the heroes' names, of which a patch may bring new ones."""
    _now_or_next_time(live.sync_heroes)


@task
def remove_old() -> None:
    """Forget runs, usage and garbage of long ago."""
    services.remove_old()


def _now_or_next_time(step: Callable[[], None]) -> None:
    # Delivered again later it would tell of what is past; the schedule asks anew.
    try:
        step()
    except CallError as error:
        logger.warning("Steam was asked in vain: %s", error)


def _batches(match_ids: list[int]) -> list[list[int]]:
    return [match_ids[n : n + BATCH_SIZE] for n in range(0, len(match_ids), BATCH_SIZE)]

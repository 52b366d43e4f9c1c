from django.conf import settings
from django.utils import timezone
from django_tasks import task

from app.core.sqs import enqueue_each
from app.steam import services, sync
from app.steam.client import SteamClient
from app.steam.querysets import members_due


def steam_client() -> SteamClient:
    return SteamClient(
        url=settings.STEAM_API_URL,
        key=settings.STEAM_API_KEY,
        timeout=settings.STEAM_TIMEOUT,
        backoff=settings.STEAM_BACKOFF,
    )


@task
def plan_sync() -> None:
    """Enqueue the members that are due, and the matches that earlier runs left pending."""
    members = members_due(timezone.now()).values_list("id", flat=True)
    enqueue_each(sync_member, ({"member_id": member_id} for member_id in members.iterator()))
    _enqueue_matches(services.give_out_pending_matches())


@task
def sync_member(*, member_id: int) -> None:
    # Delivered twice, or unlinked since: then it is not due.
    member = members_due(timezone.now()).filter(id=member_id).first()
    if member is not None:
        with steam_client() as client:
            match_ids = sync.sync_history(client=client, member=member)
        _enqueue_matches(match_ids)


@task
def ingest_matches(*, match_ids: list[int]) -> None:
    with steam_client() as client:
        sync.fetch_matches(client=client, match_ids=match_ids)


def _enqueue_matches(match_ids: list[int]) -> None:
    enqueue_each(ingest_matches, ({"match_ids": ids} for ids in services.batches(match_ids)))

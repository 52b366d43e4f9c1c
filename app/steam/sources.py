"""The services that are asked, as the settings say, each within its budget."""

from functools import cache

from django.conf import settings
from django_redis import get_redis_connection

from app.steam.budget import Budget, Limits, LocalStore, RedisStore, Store
from app.steam.client import DETAILS, SteamClient
from app.steam.opendota import OpenDotaClient


def steam_budget(*, interactive: bool = False) -> Budget:
    limits = Limits(
        per_second=settings.STEAM_CALLS_PER_SECOND,
        per_day=settings.STEAM_CALLS_PER_DAY,
        pauses={DETAILS: settings.STEAM_DETAILS_PAUSE},
        reserved=settings.STEAM_RESERVED_PERCENT / 100,
    )
    return Budget(_store("steam", interactive), limits, interactive=interactive)


def opendota_budget() -> Budget:
    limits = Limits(
        per_second=settings.OPENDOTA_CALLS_PER_MINUTE / 60,
        per_day=settings.OPENDOTA_CALLS_PER_DAY,
        reserved=0,
    )
    return Budget(_store("opendota", interactive=False), limits)


def steam_client(*, interactive: bool = False) -> SteamClient:
    """Answer a client for the background, or for somebody who waits for its answer."""
    return SteamClient(
        url=settings.STEAM_API_URL,
        key=settings.STEAM_API_KEY,
        budget=steam_budget(interactive=interactive),
        timeout=min(settings.STEAM_TIMEOUT, 5) if interactive else settings.STEAM_TIMEOUT,
        backoff=settings.STEAM_BACKOFF,
        attempts=2 if interactive else 3,
    )


def opendota_client() -> OpenDotaClient:
    return OpenDotaClient(
        url=settings.OPENDOTA_URL,
        key=settings.OPENDOTA_KEY,
        budget=opendota_budget(),
        timeout=settings.STEAM_TIMEOUT,
        backoff=settings.STEAM_BACKOFF,
    )


def _store(name: str, interactive: bool) -> Store:
    if not settings.REDIS_URL:
        return _local(name)
    # Not the cache itself, which hides that Redis is down.
    return RedisStore(
        lambda: get_redis_connection("counters"),
        f"budget:{name}",
        _local(name) if interactive else None,
    )


@cache
def _local(name: str) -> LocalStore:
    return LocalStore()

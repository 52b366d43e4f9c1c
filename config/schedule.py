"""What runs when: the one list that the SAM template and the compose worker both follow."""

from typing import Any, NamedTuple

from django.utils.module_loading import import_string


class Entry(NamedTuple):
    task: str
    """Import path of the task."""
    minutes: int
    """How long between two runs."""


SCHEDULE = {
    "tasks": Entry("app.core.tasks.hand_over_due", minutes=1),
    "steam-sync": Entry("app.steam.tasks.plan_sync", minutes=10),
    "steam-matches": Entry("app.steam.tasks.plan_matches", minutes=1),
    "steam-live": Entry("app.steam.tasks.poll_live_games", minutes=2),
    "steam-remove-old": Entry("app.steam.tasks.remove_old", minutes=1440),
    "steam-heroes": Entry("app.steam.tasks.sync_heroes", minutes=1440),
    "guild-members": Entry("app.accounts.tasks.sync_guild_members", minutes=60),
    "event-lines": Entry("app.events.tasks.move_lines", minutes=5),
    "tournament-games": Entry("app.tournaments.tasks.settle_games", minutes=10),
    "tournament-notices": Entry("app.tournaments.tasks.tell_of_forgotten_changes", minutes=10),
    "remove-expired": Entry("app.accounts.tasks.remove_expired", minutes=1440),
    "media-remove-orphans": Entry("app.media.tasks.remove_orphans", minutes=1440),
    "notifications": Entry("app.notifications.tasks.deliver_notifications", minutes=1),
    "remove-old-notifications": Entry(
        "app.notifications.tasks.remove_old_notifications", minutes=1440
    ),
}


def begin(name: Any) -> dict[str, str]:
    """Enqueue the task of an entry; answer which and by what id.

    Raises ValueError for an unknown name; QueueUnavailable; RuntimeError where there is no queue,
    and the task has failed right here.
    """
    from app.core import queue

    entry = SCHEDULE.get(name)
    if entry is None:
        raise ValueError(f"The event's entry must be one of {', '.join(SCHEDULE)}.")
    return {"task": entry.task, "id": queue.begin(import_string(entry.task))}

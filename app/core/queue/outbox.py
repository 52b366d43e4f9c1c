"""The tasks that the queue does not have, as rows.

https://microservices.io/patterns/data/transactional-outbox.html
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from app.core import deadline
from app.core.models import WaitingTask
from app.core.querysets import WaitingTaskQuerySet
from app.core.queue.messages import Message, due

# How long the process that wrote a row has to hand it over itself.
GRACE = timedelta(minutes=1)
# A task that fails is tried so often, so far apart: as SQS does it by the stack's settings.
ATTEMPTS, APART = 5, timedelta(minutes=12)
BATCH = 100
# Seconds that a batch may take.
MARGIN = 10


def enqueue(message: Message, max_delay: timedelta, take: Callable[[Message], bool]) -> None:
    """Keep the task, and once that is committed until the queue says that it has taken it."""
    row = _row(message, max_delay)
    row.save(force_insert=True)

    def hand_over() -> None:
        if take(message):
            # Unless a worker was fast, and has failed: then it is kept to be tried again.
            WaitingTask.objects.filter(pk=row.pk, due_at=row.due_at).delete()

    if row.due_at and row.due_at <= timezone.now() + GRACE:
        # Robust: what is written is written.
        transaction.on_commit(hand_over, robust=True)


def keep(messages: Iterable[Message], max_delay: timedelta) -> None:
    """Keep tasks until the queue can hold them back for the rest of their time."""
    WaitingTask.objects.bulk_create(_row(message, max_delay) for message in messages)


def _row(message: Message, max_delay: timedelta) -> WaitingTask:
    soonest = timezone.now() + GRACE
    due_at = max(soonest, due(message) - max_delay)
    return WaitingTask(id=message["id"], message=message, due_at=due_at)


def keep_failed(message: Message, error: BaseException) -> None:
    """Keep a task that has failed, to be tried again or, after some times, to be looked at."""
    attempts = message["attempts"] + 1
    WaitingTask.objects.update_or_create(
        id=message["id"],
        defaults={
            "message": message | {"attempts": attempts},
            "due_at": None if attempts >= ATTEMPTS else timezone.now() + APART,
            "error": f"{type(error).__name__}: {error}",
        },
    )


@transaction.atomic
def try_again(given_up: WaitingTaskQuerySet) -> int:
    """Let tasks that were given up be tried as often again; answer how many there are."""
    rows = list(given_up.select_for_update())
    for row in rows:
        row.message |= {"attempts": 0}
        row.due_at = timezone.now()
    return WaitingTask.objects.bulk_update(rows, ["message", "due_at"])


def hand_over_due(send: Callable[[list[Message]], Any]) -> None:
    """Send what is due, as far as nobody else does so and there is time.

    Raises what `send` does.
    """
    while deadline.left() > MARGIN:
        with transaction.atomic():
            rows = WaitingTask.objects.due(timezone.now())[:BATCH]
            if connection.features.has_select_for_update_skip_locked:
                rows = rows.select_for_update(skip_locked=True)
            if not (found := list(rows)):
                return
            # Sent first: should this process end here, tasks run twice and none is lost.
            send([row.message for row in found])
            WaitingTask.objects.filter(pk__in=[row.pk for row in found]).delete()

"""Notifications are written with what they tell of, and sent from there: at least once."""

import logging
import random
import time
from collections.abc import Collection, Iterable
from contextlib import closing
from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import Truncator

from app.accounts.models import User
from app.core.models import SystemSettings
from app.core.queue import nudge
from app.notifications import tasks
from app.notifications.errors import Refused, Unavailable, Undelivered
from app.notifications.models import Notification
from app.notifications.querysets import NotificationQuerySet

logger = logging.getLogger(__name__)

# The first pause is a minute, and each the double of the one before: nine hours in all.
ATTEMPTS = 10
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
BATCH_SIZE = 5_000
KEPT = timedelta(days=90)
# Of Discord's message.
LONGEST_TEXT = 2_000
# What stands in a row while it is tried, and for as long as nobody knows what became of it.
UNFINISHED = "The attempt did not come to its end"


class Letter(NamedTuple):
    """What one member alone is told."""

    member_id: int
    key: str
    subject: str
    body: str


@transaction.atomic
def notify(*, members: Iterable[User] | QuerySet[Any], key: str, subject: str, body: str) -> None:
    """Mail the members, of whom a queryset may have the ids alone, what is the same for each.

    Once for each key and member, however often it is called. Who is deactivated or has proven no
    email is told nothing.
    """
    ids = members if isinstance(members, QuerySet) else [member.pk for member in members]
    _write(_mails(Letter(member_id, key, subject, body) for member_id in _reachable(ids)))


@transaction.atomic
def notify_each(*, letters: Collection[Letter]) -> None:
    """Mail each member what is theirs alone, by the rules of notify(), in as few queries."""
    reachable = {*_reachable({letter.member_id for letter in letters})}
    _write(_mails(letter for letter in letters if letter.member_id in reachable))


@transaction.atomic
def announce(*, key: str, text: str) -> None:
    """Post to the community's Discord channel, if there is a webhook for it: once for each key."""
    if settings.DISCORD_WEBHOOK_URL:
        body = Truncator(text.strip()).chars(LONGEST_TEXT)
        channel = Notification.Channel.DISCORD
        _write([Notification(channel=channel, body=body, dedupe_key=f"{key}:{channel}")])


def _reachable(ids: Iterable[int] | QuerySet[Any]) -> list[int]:
    members = User.objects.active().filter(email_verified=True, pk__in=ids)
    return list(members.values_list("pk", flat=True))


def _mails(letters: Iterable[Letter]) -> Iterable[Notification]:
    site_name = SystemSettings.load().site_name
    for letter in letters:
        yield Notification(
            channel=Notification.Channel.EMAIL,
            member_id=letter.member_id,
            # On one line: a subject with a break in it would be a header more.
            subject=" ".join(f"{site_name}: {letter.subject}".split())[:200],
            body=letter.body,
            dedupe_key=f"{letter.key}:{letter.member_id}",
        )


def _write(notifications: Iterable[Notification]) -> None:
    if written := list(notifications):
        Notification.objects.bulk_create(written, BATCH_SIZE, ignore_conflicts=True)
        _deliver_on_commit()


def _deliver_on_commit() -> None:
    # Robust: what is written is written. If no task can be enqueued, the schedule's finds it.
    transaction.on_commit(lambda: nudge(tasks.deliver_notifications), robust=True)


def deliver(*, deadline: float) -> None:
    """Send what is due, one by one; begin no more after `deadline` seconds.

    No transaction is open meanwhile. What has gone out is noted at once, so a crash costs one
    notification a second delivery; the mail has the same Message-ID then. Where a channel is down,
    one attempt finds that out, and the others wait for the next call.
    """
    ends = time.monotonic() + deadline
    down: set[str] = set()
    with closing(get_connection()) as mail_server:
        while time.monotonic() < ends:
            notification = _claim(down)
            if notification is None:
                return
            try:
                _send(notification, mail_server)
            except Undelivered as error:
                _record_failure(notification, error)
                if isinstance(error, Unavailable):
                    down.add(notification.channel)
            else:
                _record(
                    notification, state=Notification.State.SENT, sent_at=timezone.now(), error=""
                )


@transaction.atomic
def _claim(down: Collection[str]) -> Notification | None:
    """Answer one that is due, which then is not until its pause has passed, whatever happens."""
    due = Notification.objects.due(timezone.now()).exclude(channel__in=down)
    # Not the member: the row of who is nobody cannot be locked.
    of_one = due.select_related("member").select_for_update(of=("self",), skip_locked=True)
    notification = of_one.first()
    if notification is not None:
        notification.attempts += 1
        notification.next_attempt_at = timezone.now() + _pause(notification.attempts)
        notification.error = UNFINISHED
        notification.save(update_fields=["attempts", "next_attempt_at", "error", "updated_at"])
    return notification


def _pause(attempts: int) -> timedelta:
    pause: timedelta = FIRST_PAUSE * 2 ** (attempts - 1)
    # What has failed together need not come back together.
    return min(pause * random.uniform(1, 1.25), LONGEST_PAUSE)  # noqa: S311


def _send(notification: Notification, mail_server: BaseEmailBackend) -> None:
    if notification.attempts > ATTEMPTS:
        raise Refused(UNFINISHED)
    if notification.channel == Notification.Channel.EMAIL:
        from app.notifications import mails

        mails.send(notification, server=mail_server)
    elif settings.DISCORD_WEBHOOK_URL:
        from app.notifications import discord  # with httpx

        discord.post(
            url=settings.DISCORD_WEBHOOK_URL,
            text=notification.body,
            timeout=settings.SOCIAL_AUTH_REQUESTS_TIMEOUT,
        )
    else:
        raise Refused("DISCORD_WEBHOOK_URL is not set any more")


def _record_failure(notification: Notification, error: Undelivered) -> None:
    reason = str(error)[:200]
    if isinstance(error, Refused) or notification.attempts >= ATTEMPTS:
        _record(notification, state=Notification.State.DEAD, error=reason)
        # Not the reason, in which a mail server may name the address.
        logger.warning("Notification %s is dead", notification.pk)
    else:
        _record(notification, error=reason)
    if isinstance(error, Unavailable):
        logger.warning("No notifications by %s for now: %s", notification.channel, reason)
        if error.seconds:
            _rest(notification.channel, error.seconds)


def _record(notification: Notification, **fields: object) -> None:
    # A worker that was slow beyond all measure says nothing against one that has come after it.
    Notification.objects.pending().filter(pk=notification.pk).update(
        updated_at=timezone.now(), **fields
    )


def _rest(channel: str, seconds: float) -> None:
    until = timezone.now() + timedelta(seconds=min(seconds, LONGEST_PAUSE.total_seconds()))
    waiting = Notification.objects.pending().filter(channel=channel, next_attempt_at__lt=until)
    waiting.update(next_attempt_at=until)


@transaction.atomic
def retry(*, notifications: NotificationQuerySet) -> int:
    """Send those that are dead again, as if for the first time. Answers how many they are."""
    now = timezone.now()
    count = notifications.dead().update(
        state=Notification.State.PENDING, attempts=0, next_attempt_at=now, error="", updated_at=now
    )
    _deliver_on_commit()
    return count


def remove_old() -> None:
    """Forget what was sent, or died, so long ago that nobody asks about it."""
    Notification.objects.settled_before(timezone.now() - KEPT).delete()

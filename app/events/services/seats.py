"""The seats of an event and the line for them, under the event's lock."""

from datetime import datetime, timedelta

from django.utils import timezone

from app.events.errors import EventDeleted
from app.events.models import Event, Registration
from app.events.querysets import Tally
from app.events.services import notices

# PostgreSQL takes no more than 65,535 values in a statement.
BATCH = 10_000


def locked(event_id: int) -> Event:
    """Lock the event until the transaction ends: no two requests give away the same seat.

    Whatever changes a registration holds it, so what is counted stays so. Raises EventDeleted.
    """
    # Not against those who only refer to the event, as foreign keys do.
    event = Event.objects.select_for_update(no_key=True).filter(pk=event_id).first()
    if event is None:
        raise EventDeleted
    return event


def settle(event: Event, now: datetime) -> Tally:
    """Take back the offers that have expired, and give what is free to the first in line.

    Answers how things stand then. Of what is no event to come to, nothing is given away.
    """
    tally = Registration.objects.tallies([event.pk]).get(event.pk, Tally())
    if not event.is_live(now):
        return tally
    if tally.offered:
        tally = tally._replace(offered=tally.offered - take_back(event, now))
    while tally.waiting and tally.seats_left(event.max_participants) != 0:
        promoted = _promote(event, tally, now)
        if promoted == tally:  # nobody whom a seat can be given
            break
        tally = promoted
    return tally


def take_back(event: Event, now: datetime) -> int:
    """End the offers that nobody has taken in time; answer how many seats they held."""
    overdue = list(event.registrations.overdue(now).order_by("id")[:BATCH])
    if overdue:
        _change(overdue, status=Registration.Status.EXPIRED, offer_expires_at=None, ended_at=now)
        notices.tell(event, overdue, "offer_expired", occasion=f"of-{overdue[0].pk}")
    return len(overdue)


def _promote(event: Event, tally: Tally, now: datetime) -> Tally:
    free = tally.seats_left(event.max_participants)
    most = BATCH if free is None else min(free, BATCH)
    first = list(event.registrations.next_in_line()[:most])
    if not first:
        return tally
    waiting = tally.waiting - len(first)
    # Once it has begun there is no time to ask.
    if event.offer_hours is None or event.start_date <= now:
        _change(first, status=Registration.Status.REGISTERED)
        notices.tell(event, first, "seat_given", occasion=f"of-{first[0].pk}")
        return tally._replace(waiting=waiting, registered=tally.registered + len(first))
    expires = min(now + timedelta(hours=event.offer_hours), event.start_date)
    _change(first, status=Registration.Status.OFFERED, offer_expires_at=expires)
    notices.tell(event, first, "seat_offered", occasion=f"of-{first[0].pk}", expires=expires)
    return tally._replace(waiting=waiting, offered=tally.offered + len(first))


def _change(registrations: list[Registration], **changes: object) -> None:
    ids = [registration.pk for registration in registrations]
    Registration.objects.filter(pk__in=ids).update(updated_at=timezone.now(), **changes)

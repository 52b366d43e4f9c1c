"""The seats of an event and the line for them, under the event's lock."""

from datetime import datetime, timedelta

from django.shortcuts import get_object_or_404
from django.utils import timezone

from app.events.models import Event, Registration
from app.events.querysets import Tally
from app.events.services import notices


def locked(event_id: int) -> Event:
    """Lock the event until the transaction ends: no two requests give away the same seat.

    Whatever changes a registration holds it, so what is counted stays so. Raises Http404.
    """
    # Not against those who only refer to the event, as foreign keys do.
    event: Event = get_object_or_404(Event.objects.select_for_update(no_key=True), pk=event_id)
    return event


def has_free_seat(event: Event, tally: Tally) -> bool:
    return event.max_participants is None or tally.seats_taken < event.max_participants


def settle(event: Event, now: datetime) -> Tally:
    """Take back the offers that have expired, and give what is free to the first in line.

    Answers how things stand then.
    """
    tally = Registration.objects.tallies([event.pk]).get(event.pk, Tally())
    if tally.offered:
        tally = tally._replace(offered=tally.offered - take_back(event, now))
    if tally.waiting and has_free_seat(event, tally):
        tally = _promote(event, tally, now)
    return tally


def take_back(event: Event, now: datetime) -> int:
    """End the offers that nobody has taken in time; answer how many seats they held."""
    overdue = list(event.registrations.overdue(now))
    if overdue:
        _change(overdue, status=Registration.Status.EXPIRED, offer_expires_at=None, ended_at=now)
        notices.tell_of_seats(event, overdue, "offer_expired")
    return len(overdue)


def shorten_offers(event: Event) -> None:
    """Let no offer outlast the event's start, which has moved."""
    longer = event.registrations.filter(
        status=Registration.Status.OFFERED, offer_expires_at__gt=event.start_date
    )
    longer.update(offer_expires_at=event.start_date, updated_at=timezone.now())


def _promote(event: Event, tally: Tally, now: datetime) -> Tally:
    most = event.max_participants
    free = None if most is None else most - tally.seats_taken
    first = list(event.registrations.next_in_line()[:free])
    if not first:
        return tally
    waiting = tally.waiting - len(first)
    # Once it has begun there is no time to ask.
    if event.offer_hours is None or event.start_date <= now:
        _change(first, status=Registration.Status.REGISTERED)
        notices.tell_of_seats(event, first, "seat_given")
        return tally._replace(waiting=waiting, registered=tally.registered + len(first))
    expires = min(now + timedelta(hours=event.offer_hours), event.start_date)
    _change(first, status=Registration.Status.OFFERED, offer_expires_at=expires)
    notices.tell_of_seats(event, first, "seat_offered", expires=expires)
    return tally._replace(waiting=waiting, offered=tally.offered + len(first))


def _change(registrations: list[Registration], **changes: object) -> None:
    ids = [registration.pk for registration in registrations]
    Registration.objects.filter(pk__in=ids).update(updated_at=timezone.now(), **changes)

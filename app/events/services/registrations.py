from datetime import datetime

from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.events.errors import (
    AlreadyCheckedIn,
    AlreadyRegistered,
    EventCancelled,
    EventFull,
    EventNotPublished,
    EventOver,
    NotRegistered,
    OwnEvent,
    RegistrationClosed,
    RegistrationNotOpen,
)
from app.events.models import Event, Registration
from app.events.querysets import Tally
from app.events.services import notices
from app.events.services.seats import has_free_seat, locked, settle

Status = Registration.Status


@transaction.atomic
def register(*, event: Event, member: User) -> Registration:
    """Give the member a seat, or a place in line once the event is full; or take up an offer.

    Answers the registration with its `position`, which is null with a seat. Raises OwnEvent,
    EventNotPublished, EventCancelled, EventOver, AlreadyRegistered, EventFull, RegistrationNotOpen
    and RegistrationClosed; Http404 when the event has just been deleted.
    """
    event, now = locked(event.pk), timezone.now()
    _refuse_what_is_no_event_to_come_to(event, member, now)
    tally = settle(event, now)
    mine = event.registrations.active().filter(member=member).first()
    if mine is not None:
        _take_up(mine)
    else:
        mine = _enter(event, member, tally, now)
    answered: Registration = event.registrations.with_position().get(pk=mine.pk)
    return answered


def _enter(event: Event, member: User, tally: Tally, now: datetime) -> Registration:
    if event.registration_opens and now < event.registration_opens:
        raise RegistrationNotOpen
    if now >= event.closes_at:
        raise RegistrationClosed
    if has_free_seat(event, tally):
        return event.registrations.create(member=member, status=Status.REGISTERED)
    if not event.waiting_list:
        raise EventFull
    return event.registrations.create(member=member, status=Status.WAITLISTED)


def _refuse_what_is_no_event_to_come_to(event: Event, member: User, now: datetime) -> None:
    if event.is_organised_by(member):
        raise OwnEvent
    if event.status == Event.Status.DRAFT:
        raise EventNotPublished
    if event.status == Event.Status.CANCELLED:
        raise EventCancelled
    if event.end_date <= now:
        raise EventOver


def _take_up(registration: Registration) -> None:
    if registration.status != Status.OFFERED:
        raise AlreadyRegistered
    registration.status, registration.offer_expires_at = Status.REGISTERED, None
    registration.save(update_fields=["status", "offer_expires_at", "updated_at"])


@transaction.atomic
def leave(*, event: Event, member: User) -> None:
    """Give the member's seat or place back. A free seat goes to the first in line.

    Raises NotRegistered, EventOver, AlreadyCheckedIn; Http404 when the event has just been deleted.
    """
    event = locked(event.pk)
    mine = event.registrations.active().filter(member=member).first()
    if mine is None:
        raise NotRegistered("You are not registered for this event.")
    _give_back(event, mine)


@transaction.atomic
def remove_registration(*, registration: Registration) -> None:
    """Take a member out, as the organiser may, and tell them.

    Raises NotRegistered when they have left; EventOver, AlreadyCheckedIn.
    """
    event = locked(registration.event_id)
    found = event.registrations.active().filter(pk=registration.pk).first()
    if found is None:
        raise NotRegistered
    _give_back(event, found)
    notices.tell_of_seats(event, [found], "taken_out")


def _give_back(event: Event, registration: Registration) -> None:
    now = timezone.now()
    if event.end_date <= now:
        raise EventOver
    if registration.checked_in_at is not None:
        raise AlreadyCheckedIn
    registration.status, registration.ended_at = Status.CANCELLED, now
    registration.offer_expires_at, registration.no_show = None, False
    registration.save()
    if event.status == Event.Status.PUBLISHED:
        settle(event, now)


def move_lines() -> int:
    """Settle each event where an offer has expired or a seat is free; answer how many there were.

    A seat comes free without anyone asking for it when a member is deleted.
    """
    waiting = list(
        Event.objects.with_a_line_to_move(timezone.now()).order_by().values_list("pk", flat=True)
    )
    for event_id in waiting:
        # A transaction for each: nobody waits for the lock of another event.
        with transaction.atomic():
            event, now = locked(event_id), timezone.now()
            if event.status == Event.Status.PUBLISHED and event.end_date > now:
                settle(event, now)
    return len(waiting)

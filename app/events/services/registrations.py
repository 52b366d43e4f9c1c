import logging
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from app.accounts.models import User
from app.events.errors import (
    AlreadyCheckedIn,
    AlreadyRegistered,
    EventCancelled,
    EventDeleted,
    EventFull,
    EventNotPublished,
    EventOver,
    MarkedAbsent,
    NotRegistered,
    OwnEvent,
    RegistrationClosed,
    RegistrationNotOpen,
)
from app.events.models import Event, Registration
from app.events.querysets import Tally
from app.events.services import notices
from app.events.services.seats import locked, settle

logger = logging.getLogger(__name__)
Status = Registration.Status


@transaction.atomic
def register(*, event: Event, member: User) -> Registration:
    """Give the member a seat, or a place in line once the event is full; or take up an offer.

    Answers the registration with its `position`, which is null with a seat. Raises OwnEvent,
    EventNotPublished, EventCancelled, EventOver, AlreadyRegistered, EventFull, RegistrationNotOpen
    and RegistrationClosed; EventDeleted when it has just been.
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


@transaction.atomic
def add_registration(*, event: Event, member: User) -> Registration:
    """Give a seat to a member who comes to the door, whether registration is open or not.

    Raises OwnEvent, EventNotPublished, EventCancelled, EventOver and AlreadyRegistered; EventFull,
    as who waits comes first; EventDeleted when it has just been.
    """
    event, now = locked(event.pk), timezone.now()
    _refuse_what_is_no_event_to_come_to(event, member, now)
    tally = settle(event, now)
    if event.registrations.active().filter(member=member).exists():
        raise AlreadyRegistered("They are registered for this event, or in line for a seat.")
    if tally.seats_left(event.max_participants) == 0:
        raise EventFull("All seats are taken.")
    return event.registrations.create(member=member, status=Status.REGISTERED)


def _enter(event: Event, member: User, tally: Tally, now: datetime) -> Registration:
    if event.registration_opens and now < event.registration_opens:
        raise RegistrationNotOpen
    if now >= event.closes_at:
        raise RegistrationClosed
    if tally.seats_left(event.max_participants) != 0:
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

    Raises NotRegistered, EventOver, AlreadyCheckedIn, MarkedAbsent; EventDeleted when it has just
    been.
    """
    event = locked(event.pk)
    mine = event.registrations.active().filter(member=member).first()
    if mine is None:
        raise NotRegistered("You are not registered for this event.")
    if mine.no_show:
        raise MarkedAbsent
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
    notices.tell(event, [found], "taken_out", occasion=f"of-{found.pk}")


def _give_back(event: Event, registration: Registration) -> None:
    now = timezone.now()
    if event.end_date <= now:
        raise EventOver
    if registration.checked_in_at is not None:
        raise AlreadyCheckedIn("Whoever has been checked in keeps the seat.")
    registration.status, registration.ended_at = Status.CANCELLED, now
    registration.offer_expires_at, registration.no_show = None, False
    registration.save()
    settle(event, now)


def move_lines() -> int:
    """Settle each event where an offer has expired or a seat is free; answer how many there were.

    A seat comes free without anyone asking for it when a member is deleted.
    """
    unsettled = Event.objects.unsettled(timezone.now()).order_by()
    event_ids = list(unsettled.values_list("pk", flat=True))
    for event_id in event_ids:
        # A transaction for each: nobody waits for another event's lock, or for what fails there.
        try:
            with transaction.atomic():
                settle(locked(event_id), timezone.now())
        except (EventDeleted, IntegrityError):
            # Such as a member who is deleted meanwhile. What is left is found the next time.
            logger.warning("Event %s was not settled", event_id, exc_info=True)
    return len(event_ids)

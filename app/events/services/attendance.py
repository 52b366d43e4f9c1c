from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from app.core.models import SystemSettings
from app.events.errors import AlreadyCheckedIn, EventCancelled, EventNotBegun, NotRegistered
from app.events.models import Event, Registration
from app.events.services.seats import locked


@transaction.atomic
def check_in(*, registration: Registration) -> Registration:
    """Note that the member has come.

    Raises NotRegistered without a seat, AlreadyCheckedIn, which is what a code that is shown twice
    comes to, and EventCancelled.
    """
    event = locked(registration.event_id)
    if event.status == Event.Status.CANCELLED:
        raise EventCancelled
    found = _seat_of(event, registration)
    if found.checked_in_at is not None:
        name = found.member.display_name
        raise AlreadyCheckedIn(f"{name} has been checked in already, at {_clock(found)}.")
    found.checked_in_at, found.no_show = timezone.now(), False
    found.save(update_fields=["checked_in_at", "no_show", "updated_at"])
    return found


@transaction.atomic
def undo_check_in(*, registration: Registration) -> Registration:
    """Take a check-in back, or that they have not come. Raises NotRegistered without a seat."""
    found = _seat_of(locked(registration.event_id), registration)
    found.checked_in_at, found.no_show = None, False
    found.save(update_fields=["checked_in_at", "no_show", "updated_at"])
    return found


@transaction.atomic
def mark_no_shows(*, event: Event) -> int:
    """Mark whoever is registered and has not come; answer how many there are.

    Who comes late is checked in as anyone. Raises EventNotBegun and EventCancelled.
    """
    event = locked(event.pk)
    if event.status == Event.Status.CANCELLED:
        raise EventCancelled
    now = timezone.now()
    if event.start_date > now:
        raise EventNotBegun
    absent = event.registrations.registered().filter(checked_in_at=None)
    return absent.update(no_show=True, updated_at=now)


def _clock(registration: Registration) -> str:
    assert registration.checked_in_at is not None
    zone = ZoneInfo(SystemSettings.load().timezone)
    return f"{registration.checked_in_at.astimezone(zone):%H:%M}"


def _seat_of(event: Event, registration: Registration) -> Registration:
    active = event.registrations.active().select_related("member")
    found: Registration | None = active.filter(pk=registration.pk).first()
    if found is None:
        raise NotRegistered("They have left the event.")
    if found.status != Registration.Status.REGISTERED:
        raise NotRegistered("They have no seat yet: they are in line for one.")
    return found

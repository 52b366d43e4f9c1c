from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from app.accounts.models import User
from app.events.errors import EventCancelled, EventHasRegistrations, TooFewSeats
from app.events.models import Event, Registration
from app.events.querysets import Tally
from app.events.services import notices
from app.events.services.seats import locked, settle, take_back
from app.media import services as media
from app.media.models import Upload

Status = Event.Status
# A change of these is one that who has the event in a calendar must see.
IN_CALENDARS = {"title", "description", "location", "start_date", "end_date", "status"}
MOVED = {"location", "start_date", "end_date"}


def check_event(*, event: Event, was: str | None = None) -> None:
    """Raise whatever creating or updating the event as it is here would; `was` is its status."""
    _refuse_impossible_times(event)
    tally = Tally()
    if was is not None:
        tally = Registration.objects.tallies([event.pk]).get(event.pk, tally)
    if event.status != was:
        _refuse_impossible_status(event, was)
    if event.max_participants is not None and tally.seats_taken > event.max_participants:
        raise TooFewSeats(f"{tally.seats_taken} seats are taken. {TooFewSeats.advice}")


@transaction.atomic
def create_event(*, organiser: User, **fields: Any) -> Event:
    """Create an event, by default a draft.

    Raises ValidationError, by field; UploadNotReady, UploadUsed.
    """
    event = Event(created_by=organiser)
    for name, value in _with_cover(event, fields, by=organiser).items():
        setattr(event, name, value)
    check_event(event=event)
    event.save()
    if event.is_live(timezone.now()):
        notices.announce(event, "published")
    return event


@transaction.atomic
def update_event(*, event: Event, by: User | None = None, **changes: Any) -> Event:
    """Change the event, and tell those registered when it moves or is cancelled.

    Seats that come free go to the first in line. Raises ValidationError, by field, for times that
    cannot be; EventCancelled for bringing one back; EventHasRegistrations for making a draft of one
    that members have registered for; TooFewSeats for fewer than are taken; EventDeleted when it has
    just been; UploadNotReady, UploadUsed.
    """
    event, now = locked(event.pk), timezone.now()
    changes = _with_cover(event, changes, by=by)
    changes = {name: value for name, value in changes.items() if getattr(event, name) != value}
    if not changes:
        return event
    if "max_participants" in changes and event.is_live(now):
        # An offer that is over holds no seat against the organiser.
        take_back(event, now)
    was, ended = event.status, event.end_date
    for name, value in changes.items():
        setattr(event, name, value)
    check_event(event=event, was=was)
    if IN_CALENDARS & changes.keys():
        event.sequence += 1
    event.save(update_fields=[*changes, "sequence", "updated_at"])
    if "start_date" in changes and event.start_date > now:
        event.registrations.filter(no_show=True).update(no_show=False)
    # Of what is over there is no news, unless it was to come or comes now.
    if max(ended, event.end_date) > now:
        _tell(event, changes)
    settle(event, now)
    return event


@transaction.atomic
def delete_event(*, event: Event) -> None:
    """Delete an event that nobody has registered for, not even to leave again.

    Raises EventHasRegistrations; EventDeleted when it has just been.
    """
    try:
        locked(event.pk).delete()
    except ProtectedError:
        raise EventHasRegistrations from None


def _with_cover(event: Event, changes: dict[str, Any], *, by: User | None) -> dict[str, Any]:
    purpose = Upload.Purpose.EVENT_COVER
    return media.with_picture(changes, of=event, name="cover", purpose=purpose, by=by)


def _refuse_impossible_times(event: Event) -> None:
    wrong = {}
    opens, closes = event.registration_opens, event.registration_closes
    if event.end_date <= event.start_date:
        wrong["end_date"] = "The event must end after it begins."
    if closes and closes > event.end_date:
        wrong["registration_closes"] = "Registration must close before the event ends."
    if opens and opens >= event.closes_at:
        wrong["registration_opens"] = "Registration must open before it closes."
    if wrong:
        raise ValidationError(wrong)


def _refuse_impossible_status(event: Event, was: str | None) -> None:
    if was == Status.CANCELLED:
        raise EventCancelled("The event is cancelled, and its members know. Make a new one.")
    if was != Status.PUBLISHED and event.status == Status.CANCELLED:
        raise ValidationError({"status": "Nobody knows of it yet: there is nothing to cancel."})
    if event.status == Status.DRAFT and was and event.registrations.exists():
        raise EventHasRegistrations


def _tell(event: Event, changes: dict[str, Any]) -> None:
    """Tell those who have a seat, or wait for one, and the community."""
    concerned, occasion = event.registrations.active(), str(event.sequence)
    if "status" in changes and event.status != Status.DRAFT:
        notices.announce(event, event.status)
    if "status" in changes and event.status == Status.CANCELLED:
        notices.tell(event, concerned, "cancelled", occasion=occasion)
    elif event.status == Status.PUBLISHED and MOVED & changes.keys():
        notices.tell(event, concerned, "moved", occasion=occasion)

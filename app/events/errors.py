from rest_framework.exceptions import NotFound

from app.core.errors import Conflict


class EventDeleted(NotFound):
    default_detail = "The event has just been deleted."


class EventNotPublished(Conflict):
    default_code = "event_not_published"
    default_detail = "The event is a draft still. Nobody registers for it."


class EventCancelled(Conflict):
    default_code = "event_cancelled"
    default_detail = "The event is cancelled."


class EventOver(Conflict):
    default_code = "event_over"
    default_detail = "The event is over."


class EventNotBegun(Conflict):
    default_code = "event_not_begun"
    default_detail = "The event has not begun, so nobody can have missed it."


class EventFull(Conflict):
    default_code = "event_full"
    default_detail = "All seats are taken, and the event has no waiting list."


class EventHasRegistrations(Conflict):
    default_code = "event_has_registrations"
    default_detail = "Members have registered for the event, so it stays. It can be cancelled."


class TooFewSeats(Conflict):
    default_code = "too_few_seats"
    advice = "Take members out first, or leave more seats."
    default_detail = f"More seats are taken than that. {advice}"


class RegistrationNotOpen(Conflict):
    default_code = "registration_not_open"
    default_detail = "Registration has not opened yet."


class RegistrationClosed(Conflict):
    default_code = "registration_closed"
    default_detail = "Registration for this event has closed."


class OwnEvent(Conflict):
    default_code = "own_event"
    default_detail = "You organise this event, and need no seat."


class AlreadyRegistered(Conflict):
    default_code = "already_registered"
    default_detail = "You are registered for this event, or in line for a seat."


class NotRegistered(Conflict):
    default_code = "not_registered"
    default_detail = "There is no seat of theirs at this event."


class AlreadyCheckedIn(Conflict):
    default_code = "already_checked_in"
    default_detail = "They have been checked in already."


class MarkedAbsent(Conflict):
    default_code = "marked_absent"
    default_detail = "You are marked as not having come. Ask the organiser, if you have."

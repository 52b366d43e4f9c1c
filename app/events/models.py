import hashlib
import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from app.core.models import TimestampedModel, validate_one_line
from app.core.search import SearchIndex
from app.events.querysets import EventQuerySet, RegistrationQuerySet
from app.media.models import Upload

_CODE_SALT = "app.events.check-in"


def validate_year(moment: datetime) -> None:
    # A calendar must describe what the clocks do then; and 20226 is a slip of the finger.
    if not 2000 <= moment.year <= 2100:
        raise ValidationError("Give a year from 2000 to 2100.", code="year")


class Event(TimestampedModel):
    class Status(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        CANCELLED = "cancelled"

    title = models.CharField(max_length=120, validators=[validate_one_line])
    description = models.TextField(max_length=5000, blank=True)
    location = models.CharField(
        max_length=200,
        blank=True,
        validators=[validate_one_line],
        help_text="A place, or where to meet online.",
    )
    cover = models.URLField(max_length=500, blank=True, help_text="A picture's URL, or empty.")
    cover_upload = models.OneToOneField(
        Upload,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="event",
        editable=False,
    )
    start_date = models.DateTimeField(validators=[validate_year], help_text="When it begins.")
    end_date = models.DateTimeField(
        validators=[validate_year], help_text="When it ends, later than it begins."
    )
    status = models.CharField(
        max_length=16,
        choices=Status,
        default=Status.DRAFT,
        help_text="A draft is seen by its organiser and staff alone. To cancel is final.",
    )
    max_participants = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100_000)],
        help_text="How many seats there are; null for as many as come.",
    )
    registration_opens = models.DateTimeField(
        null=True, blank=True, help_text="Null: as soon as the event is published."
    )
    registration_closes = models.DateTimeField(
        null=True, blank=True, help_text="Null: when the event begins."
    )
    waiting_list = models.BooleanField(
        default=True, help_text="Whether members can wait for a seat once all are taken."
    )
    offer_hours = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(168)],
        help_text="How long the first in line has to take a seat that comes free; "
        "null gives it to them at once.",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="events",
        help_text="The organiser. Without one, staff alone look after the event.",
        db_index=False,
    )

    # What calendars know the event and its changes by: RFC 5545, 3.8.4.7 and 3.8.7.4.
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sequence = models.PositiveIntegerField(default=0, editable=False)

    is_tentative = False
    """Whether a member only waits for a seat, where the queryset says it: in_calendar_of()."""

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["start_date", "id"]
        # An index for each filter ends in the list's order, as a page is read off it.
        indexes = [
            models.Index(fields=["start_date", "id"], name="event_start"),
            models.Index(fields=["status", "start_date", "id"], name="event_status_start"),
            models.Index(fields=["end_date"], name="event_end"),
            models.Index(fields=["created_by", "start_date", "id"], name="event_organiser_start"),
            SearchIndex(
                weights={"title": "A", "location": "B", "description": "C"}, name="event_search"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(end_date__gt=F("start_date")),
                name="event_ends_after_start",
                violation_error_message="The event must end after it begins.",
            ),
            models.CheckConstraint(
                condition=Q(registration_opens=None)
                | Q(registration_closes=None)
                | Q(registration_closes__gt=F("registration_opens")),
                name="event_registration_closes_after_opening",
                violation_error_message="Registration must open before it closes.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def is_organised_by(self, user: Any) -> bool:
        return self.created_by_id is not None and self.created_by_id == user.pk

    def is_live(self, now: datetime) -> bool:
        """Whether it is published and not over: only then are seats given away."""
        return self.status == self.Status.PUBLISHED and self.end_date > now

    @property
    def page_url(self) -> str:
        """Its page at the frontend; nothing where there is none."""
        return f"{settings.FRONTEND_URL}/events/{self.pk}" if settings.FRONTEND_URL else ""

    @property
    def closes_at(self) -> datetime:
        """When nobody registers any more: as the organiser says, or else as the event begins."""
        return self.registration_closes or self.start_date


class Registration(TimestampedModel):
    """A member's seat at an event, or their place in the line for one, now or once.

    Whoever comes back after leaving has a new one, and so the last place in line: the line is in
    the order of ids, which are given out under the event's lock.
    """

    class Status(models.TextChoices):
        REGISTERED = "registered"
        OFFERED = "offered"
        WAITLISTED = "waitlisted"
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    SEATED = (Status.REGISTERED, Status.OFFERED)
    """Those that hold a seat: an offered one is nobody else's."""
    ACTIVE = (*SEATED, Status.WAITLISTED)

    # Protected: an event that somebody has registered for is cancelled, and not deleted.
    event = models.ForeignKey(Event, models.PROTECT, related_name="registrations", db_index=False)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="registrations", db_index=False
    )
    status = models.CharField(max_length=16, choices=Status)
    offer_expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was cancelled, or the offer expired."
    )
    checked_in_at = models.DateTimeField(null=True, blank=True)
    no_show = models.BooleanField(default=False, help_text="Was registered and did not come.")

    position: int | None
    """How far from the first in line, where the queryset says it: with_position()."""

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["event", "id"], name="registration_event"),
            # The line of an event, and counts, for which no row is read: those of a page of events
            # lie far apart.
            models.Index(
                fields=["event", "status", "id", "checked_in_at", "no_show"],
                name="registration_event_status",
            ),
            models.Index(fields=["member", "status"], name="registration_member"),
            # What the schedule looks for, and nothing else.
            models.Index(
                fields=["event"], condition=Q(status="waitlisted"), name="registration_waiting"
            ),
            models.Index(
                fields=["offer_expires_at"],
                condition=Q(status="offered"),
                name="registration_offer",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "member"],
                condition=Q(status__in=["registered", "offered", "waitlisted"]),
                name="registration_active_unique",
            ),
            models.CheckConstraint(
                condition=Q(status="offered", offer_expires_at__isnull=False)
                | (~Q(status="offered") & Q(offer_expires_at=None)),
                name="registration_offer_expires",
            ),
            models.CheckConstraint(
                condition=Q(checked_in_at=None, no_show=False)
                | Q(status="registered", checked_in_at=None)
                | Q(status="registered", no_show=False),
                name="registration_attended_or_not",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} at {self.event}"

    @property
    def check_in_code(self) -> str:
        """What the member shows at the door. It says whose seat it is, and is of no other use."""
        return signing.Signer(salt=_CODE_SALT).sign(str(self.pk))

    @staticmethod
    def read_check_in_code(code: str) -> int:
        """Answer the registration's id. Raises signing.BadSignature for what we never made."""
        return int(signing.Signer(salt=_CODE_SALT).unsign(code))


class CalendarFeed(models.Model):
    """A member's calendar, at an address that is secret: of it the digest alone is kept."""

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="calendar_feed"
    )
    digest = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return f"Calendar of {self.member_id}"

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

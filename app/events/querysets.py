from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from django.db import models
from django.db.models import BooleanField, Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from app.core.statements import Bind

if TYPE_CHECKING:
    from app.events.models import Event, Registration  # noqa: F401 - named in strings below


class Tally(NamedTuple):
    """How many registrations of an event there are of each kind."""

    registered: int = 0
    offered: int = 0
    waiting: int = 0
    checked_in: int = 0
    no_shows: int = 0

    @property
    def seats_taken(self) -> int:
        return self.registered + self.offered

    def seats_left(self, seats: int | None) -> int | None:
        """Answer how many of the seats are free; None where there is no limit."""
        return None if seats is None else max(0, seats - self.seats_taken)


class EventQuerySet(models.QuerySet["Event"]):
    def published(self) -> Self:
        return self.filter(status=self.model.Status.PUBLISHED)

    def announced(self) -> Self:
        return self.exclude(status=self.model.Status.DRAFT)

    def visible_to(self, user: Any) -> Self:
        """Leave out the drafts of others, unless it is staff who look."""
        if user.is_staff:
            return self
        visible = ~Q(status=self.model.Status.DRAFT)
        # Nobody is not the organiser of a draft that has none.
        if user.is_authenticated:
            visible |= Q(created_by=user.pk)
        return self.filter(visible)

    def visible_to_viewer(self) -> Self:
        """The same for a statement that is kept: binds `viewer`, an id or None, and `is_staff`."""
        return self.filter(
            ~Q(status=self.model.Status.DRAFT)
            | Q(created_by=Bind("viewer", self.model._meta.pk))
            | Q(Bind("is_staff", BooleanField()))
        )

    def concerning(self, member: Any) -> Self:
        """Match what the member organises, or has a seat or a place in line for.

        The member is an id, or a Bind for one.
        """
        # Not the one or the other, for which each event is read, but what two indexes find.
        organised = self.model.objects.filter(created_by=member).order_by().values("pk")
        registered = self._registrations().active().filter(member=member)
        return self.filter(pk__in=organised.union(registered.order_by().values("event")))

    def in_calendar_of(self, member: Any) -> Self:
        """Match what concerns the member; with `is_tentative`, where they only wait for a seat."""
        here = self._registrations().filter(event=OuterRef("pk"), member=member)
        waits = here.active().exclude(status="registered")
        return self.announced().concerning(member.pk).annotate(is_tentative=Exists(waits))

    def ending_after(self, moment: datetime) -> Self:
        return self.filter(end_date__gt=moment)

    def unsettled(self, now: datetime) -> Self:
        """Match those with an offer that has expired, or with a free seat that somebody awaits."""
        here = self._registrations().filter(event=OuterRef("pk"))
        seats = here.seated().order_by().values("event").annotate(count=Count("pk"))
        is_free = Q(max_participants=None) | Q(max_participants__gt=F("seats"))
        return (
            self.published()
            .filter(end_date__gt=now)
            .alias(seats=Coalesce(Subquery(seats.values("count")), 0))
            .filter(Exists(here.overdue(now)) | (is_free & Exists(here.next_in_line())))
        )

    def _registrations(self) -> "RegistrationQuerySet":
        registrations: Any = self.model._meta.get_field("registrations")
        queryset: RegistrationQuerySet = registrations.related_model.objects.all()
        return queryset


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def active(self) -> Self:
        return self.filter(status__in=self.model.ACTIVE)

    def seated(self) -> Self:
        return self.filter(status__in=self.model.SEATED)

    def registered(self) -> Self:
        return self.filter(status=self.model.Status.REGISTERED)

    def waiting(self) -> Self:
        """Match those in line, the first one first."""
        return self.filter(status=self.model.Status.WAITLISTED).order_by("id")

    def next_in_line(self) -> Self:
        """Match those whom a seat can be given: who is deactivated keeps the place, and waits."""
        return self.waiting().filter(member__is_active=True)

    def overdue(self, now: datetime) -> Self:
        """Match the offers that nobody has taken in time."""
        return self.filter(status=self.model.Status.OFFERED, offer_expires_at__lte=now)

    def with_position(self) -> Self:
        """Say how far from the first in line, who has position 1; null for who is not in line."""
        before = (
            self.model.objects.waiting()
            .filter(event=OuterRef("event"), id__lte=OuterRef("id"))
            .order_by()
            .values("event")
            .annotate(count=Count("pk"))
        )
        waits = Q(status=self.model.Status.WAITLISTED)
        count = Subquery(before.values("count"))
        return self.annotate(position=models.Case(models.When(waits, count)))

    def tallies(self, event_ids: Iterable[int]) -> dict[int, Tally]:
        """Count the registrations of the events, those aside that have none."""
        status = self.model.Status
        counted = (
            self.filter(event__in=event_ids)
            .order_by()
            .values("event")
            .annotate(
                registered=Count("pk", filter=Q(status=status.REGISTERED)),
                offered=Count("pk", filter=Q(status=status.OFFERED)),
                waiting=Count("pk", filter=Q(status=status.WAITLISTED)),
                checked_in=Count("pk", filter=Q(checked_in_at__isnull=False)),
                no_shows=Count("pk", filter=Q(no_show=True)),
            )
        )
        return {
            event_id: Tally(*counts)
            for event_id, *counts in counted.values_list("event", *Tally._fields)
        }

from collections.abc import Iterable
from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from app.accounts.models import User
from app.core import response_cache
from app.core.documentation import documented
from app.core.listing import Rows
from app.core.permissions import IsOrganiserOrReadOnly
from app.core.statements import Bind
from app.core.throttles import WritesThrottled
from app.core.viewsets import ModelViewSet, ReadOnlyModelViewSet
from app.events import services
from app.events.errors import EventCancelled, EventHasRegistrations, TooFewSeats
from app.events.filters import DashboardFilter, EventFilter
from app.events.models import Event, Registration
from app.events.querysets import Tally
from app.events.serializers import (
    DashboardEventSerializer,
    EventSerializer,
    MyRegistrationSerializer,
)
from app.media.errors import UploadNotReady, UploadUsed


def _present(event: dict[str, Any], tally: Tally) -> None:
    """Add to an event what follows from its registrations, and from the time."""
    event["is_upcoming"] = event["start_date"] > timezone.now()
    event["registered_count"] = tally.registered
    event["seats_left"] = tally.seats_left(event["max_participants"])
    event["waitlist_count"] = tally.waiting


class EventViewSet(WritesThrottled, ModelViewSet[Event]):
    """An event is its organiser's to change, and staff's. A draft is seen by nobody else.

    Lists begin with the earliest.
    """

    serializer_class = EventSerializer
    permission_classes = [IsOrganiserOrReadOnly]
    filterset_class = EventFilter
    lookup_value_converter = "int"
    cached_on = [Event, Registration, User]
    throttle_scope = "events"

    def get_queryset(self) -> QuerySet[Event]:
        events = Event.objects.select_related("created_by")
        if self.request.method in SAFE_METHODS:
            return events.visible_to_viewer()
        return events.visible_to(self.request.user)

    def binds(self) -> dict[str, Any]:
        return {"viewer": self.request.user.pk, "is_staff": self.request.user.is_staff}

    # As ReadOnlyModelViewSet's own.

    def list(  # type: ignore[override]
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if request.query_params.get("mine") and not request.user.is_authenticated:
            raise NotAuthenticated
        return response_cache.answer_to_viewer(request, self.cached_on, self._list)

    def retrieve(  # type: ignore[override]
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return response_cache.answer_to_viewer(request, self.cached_on, self._retrieve)

    def complete(self, rows: Rows) -> None:
        ids = [row["id"] for row in rows]
        tallies = Registration.objects.tallies(ids)
        mine = self._own_registrations(ids) if self.request.user.is_authenticated else {}
        for row in rows:
            _present(row, tallies.get(row["id"], Tally()))
            row["my_registration"] = mine.get(row["id"])

    def _own_registrations(self, event_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        own = Registration.objects.active().filter(member=self.request.user.pk, event__in=event_ids)
        return {
            registration.event_id: MyRegistrationSerializer(registration).data
            for registration in own.with_position()
        }

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._completed(super().create(request))

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._completed(super().update(request, *args, **kwargs))

    def _completed(self, response: Response) -> Response:
        self.complete([response.data])
        return response

    @documented(errors=[UploadNotReady, UploadUsed])
    def perform_create(self, serializer: BaseSerializer[Event]) -> None:
        """Whoever does is its organiser."""
        serializer.instance = services.create_event(
            organiser=cast(User, self.request.user), **serializer.validated_data
        )

    @documented(
        errors=[EventCancelled, EventHasRegistrations, TooFewSeats, UploadNotReady, UploadUsed]
    )
    def perform_update(self, serializer: BaseSerializer[Event]) -> None:
        """Those registered are told when it moves or is cancelled.

        New seats go to the first in line.
        """
        assert serializer.instance is not None
        serializer.instance = services.update_event(
            event=serializer.instance,
            by=cast(User, self.request.user),
            **serializer.validated_data,
        )

    @documented(errors=[EventHasRegistrations])
    def perform_destroy(self, instance: Event) -> None:
        """One that somebody has registered for stays, and is cancelled instead."""
        services.delete_event(event=instance)


class DashboardEventViewSet(ReadOnlyModelViewSet[Event]):
    """The events that the caller organises, in any status, with what the organiser counts."""

    serializer_class = DashboardEventSerializer
    permission_classes = [IsAuthenticated]
    filterset_class = DashboardFilter

    def get_queryset(self) -> QuerySet[Event]:
        events = Event.objects.select_related("created_by")
        return events.filter(created_by=Bind("viewer", User._meta.pk))

    def binds(self) -> dict[str, Any]:
        return {"viewer": self.request.user.pk}

    def complete(self, rows: Rows) -> None:
        tallies = Registration.objects.tallies([row["id"] for row in rows])
        for row in rows:
            tally = tallies.get(row["id"], Tally())
            _present(row, tally)
            row["offered_count"] = tally.offered
            row["checked_in_count"] = tally.checked_in
            row["no_show_count"] = tally.no_shows

from typing import Any, cast

from django.core import signing
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.accounts.models import User
from app.core.documentation import documented
from app.core.json import JSONRenderer
from app.core.listing import Rows
from app.core.permissions import IsOrganiser
from app.core.serializers import validated
from app.core.statements import Bind
from app.core.throttles import WritesThrottled
from app.core.viewsets import ReadOnlyModelViewSet
from app.events import services
from app.events.errors import (
    AlreadyCheckedIn,
    AlreadyRegistered,
    EventCancelled,
    EventFull,
    EventNotBegun,
    EventNotPublished,
    EventOver,
    MarkedAbsent,
    NotRegistered,
    OwnEvent,
    RegistrationClosed,
    RegistrationNotOpen,
)
from app.events.filters import RegistrationFilter
from app.events.models import Event, Registration
from app.events.renderers import CSVRenderer, registrations_as_csv
from app.events.serializers import (
    CheckInSerializer,
    MyRegistrationSerializer,
    NoShowsSerializer,
    RegistrationSerializer,
    WalkInSerializer,
)


def event_of(view: APIView) -> Event:
    """Answer the event of the view's path. Raises Http404 unless the caller may see it."""
    visible = Event.objects.visible_to(view.request.user)
    event: Event = get_object_or_404(visible, pk=view.kwargs["event_id"])
    view.check_object_permissions(view.request, event)
    return event


class RegisterView(WritesThrottled, APIView):
    """One's own seat at an event, or one's place in line."""

    permission_classes = [IsAuthenticated]
    throttle_scope = "events"

    @documented(
        request=None,
        responses={201: MyRegistrationSerializer},
        errors=[
            OwnEvent,
            EventNotPublished,
            EventCancelled,
            EventOver,
            EventFull,
            AlreadyRegistered,
            RegistrationNotOpen,
            RegistrationClosed,
        ],
    )
    def post(self, request: Request, event_id: int) -> Response:
        """Register: for a seat, or once all are taken for a place in line.

        Who is offered a seat takes it by the same.
        """
        place = services.register(event=event_of(self), member=cast(User, request.user))
        return Response(MyRegistrationSerializer(place).data, status=status.HTTP_201_CREATED)

    @documented(
        responses={204: None},
        errors=[NotRegistered, EventOver, AlreadyCheckedIn, MarkedAbsent],
    )
    def delete(self, request: Request, event_id: int) -> Response:
        """Give one's seat or place in line back. A seat goes to the first in line."""
        services.leave(event=event_of(self), member=cast(User, request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)


class RegistrationViewSet(ReadOnlyModelViewSet[Registration]):
    """Who has registered for an event, and who has left: for its organiser and staff.

    In the order in which they came, which is that of the line.
    """

    serializer_class = RegistrationSerializer
    permission_classes = [IsOrganiser]
    renderer_classes = [JSONRenderer, CSVRenderer]
    filterset_class = RegistrationFilter

    def get_queryset(self) -> QuerySet[Registration]:
        registrations = Registration.objects.select_related("member").order_by("id")
        return registrations.filter(event=Bind("event", Event._meta.pk))

    def binds(self) -> dict[str, Any]:
        return {"event": self.kwargs["event_id"]}

    def list(  # type: ignore[override]  # as ReadOnlyModelViewSet's own
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        event = event_of(self)
        if request.accepted_renderer.format == CSVRenderer.format:
            rows = self._listing().rows("all", lambda registrations: registrations)
            self.complete(rows)
            return registrations_as_csv(event, rows)
        return super().list(request)

    def complete(self, rows: Rows) -> None:
        waiting = Registration.objects.waiting().filter(pk__in=[row["id"] for row in rows])
        positions = {each.pk: each.position for each in waiting.with_position()}
        for row in rows:
            row["position"] = positions.get(row["id"])

    @documented(
        request=WalkInSerializer,
        responses={201: RegistrationSerializer},
        errors=[
            OwnEvent,
            EventNotPublished,
            EventCancelled,
            EventOver,
            EventFull,
            AlreadyRegistered,
        ],
    )
    def create(self, request: Request, event_id: int) -> Response:
        """Give a free seat to a member at the door, whether registration is open or not."""
        event = event_of(self)
        member = validated(WalkInSerializer, request.data)["member_id"]
        registration = services.add_registration(event=event, member=member)
        row = {**RegistrationSerializer(registration).data, "position": None}
        return Response(row, status=status.HTTP_201_CREATED)

    @documented(errors=[NotRegistered, EventOver, AlreadyCheckedIn])
    def destroy(self, request: Request, event_id: int, registration_id: int) -> Response:
        """Take a member out, who is told. A seat goes to the first in line."""
        registration = get_object_or_404(event_of(self).registrations, pk=registration_id)
        services.remove_registration(registration=registration)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CheckInView(APIView):
    permission_classes = [IsOrganiser]

    @documented(
        request=CheckInSerializer,
        responses={200: RegistrationSerializer},
        errors=[NotRegistered, AlreadyCheckedIn, EventCancelled],
    )
    def post(self, request: Request, event_id: int) -> Response:
        """Note that a member has come, by the code that they show or off the list.

        With `checked_in` false that is taken back, and so is that they have not come.
        """
        event = event_of(self)
        data = validated(CheckInSerializer, request.data)
        write = services.check_in if data["checked_in"] else services.undo_check_in
        registration = write(registration=_named(event, data))
        return Response({**RegistrationSerializer(registration).data, "position": None})


def _named(event: Event, data: dict[str, Any]) -> Registration:
    """Raises ValidationError when the code is forged or another event's, or there is no such id."""
    field = "code" if "code" in data else "registration_id"
    wanted = data[field]
    if field == "code":
        try:
            wanted = Registration.read_check_in_code(data["code"])
        except signing.BadSignature:
            wrong = {"code": ["This is not a check-in code of ours."]}
            raise serializers.ValidationError(wrong) from None
    found: Registration | None = event.registrations.filter(pk=wanted).first()
    if found is None:
        raise serializers.ValidationError({field: ["It is not of this event."]})
    return found


class NoShowsView(APIView):
    permission_classes = [IsOrganiser]

    @documented(
        request=None,
        responses={200: NoShowsSerializer},
        errors=[EventNotBegun, EventCancelled],
    )
    def post(self, request: Request, event_id: int) -> Response:
        """Mark whoever is registered and has not come. Who comes late is checked in as anyone."""
        return Response({"no_shows": services.mark_no_shows(event=event_of(self))})

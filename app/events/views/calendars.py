from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from rest_framework import status
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.accounts.models import User
from app.core import response_cache
from app.core.documentation import documented
from app.core.json import JSONRenderer
from app.core.models import SystemSettings
from app.core.views import PublicView
from app.events import services
from app.events.calendars import Entry, calendar
from app.events.models import CalendarFeed, Event, Registration
from app.events.querysets import EventQuerySet
from app.events.serializers import FeedSerializer

# What is over stays in a feed as long as this, so that calendars see a late change.
PAST = timedelta(days=30)
# What a feed has at most: a calendar that polls it must get it whole.
MOST = 500


class CalendarRenderer(JSONRenderer):
    """What is no calendar, such as the answer to OPTIONS, is JSON here too."""

    media_type = "text/calendar"
    format = "ics"
    example = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Guildhall//Events//EN\r\nBEGIN:VEVENT\r\n"
        "UID:6f1c3a52-4f0e-4a53-9d0c-3f3f6d3c9a11\r\nSUMMARY:Friday in-house\r\n…\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


class CalendarView(APIView):
    """An iCalendar file, in the site's time zone."""

    renderer_classes = [CalendarRenderer]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        # An address that ends in .ics answers that, whatever a calendar says that it takes.
        return super().perform_content_negotiation(request, force=True)

    def answer(
        self, events: Callable[[], Iterable[Event]], *, public: bool, name: str = ""
    ) -> HttpResponse:
        return response_cache.answer(
            self.request,
            [Event, SystemSettings] if public else [],
            lambda: _written(events(), name),
            media_type="text/calendar; charset=utf-8",
        )


class EventCalendarView(CalendarView):
    permission_classes = [AllowAny]

    @documented(responses={200: str})
    def get(self, request: Request, event_id: int) -> HttpResponse:
        """One event, to be put into a calendar."""
        visible = Event.objects.visible_to(request.user)
        response = self.answer(
            lambda: [get_object_or_404(visible, pk=event_id)],
            public=not request.user.is_authenticated,
        )
        patch_vary_headers(response, ["Authorization", "Cookie"])
        return response


class PublicCalendarView(PublicView, CalendarView):
    @documented(operation_id="events_public_calendar_retrieve", responses={200: str})
    def get(self, request: Request) -> HttpResponse:
        """All published events of the last month and of the time to come, to be subscribed to."""
        return self.answer(lambda: _current(Event.objects.exclude_drafts()), public=True)


class FeedCalendarView(PublicView, CalendarView):
    """The secret is in the address, as calendars know no other way to sign in."""

    @documented(responses={200: str})
    def get(self, request: Request, token: str) -> HttpResponse:
        """What one member organises or is registered for, to be subscribed to.

        Waiting for a seat is tentative.
        """
        feeds = CalendarFeed.objects.select_related("member")
        feed = get_object_or_404(
            feeds, digest=CalendarFeed.digest_of(token), member__is_active=True
        )
        return self.answer(
            lambda: _of_member(feed.member), public=False, name=str(feed.member.display_name)
        )


class FeedView(APIView):
    """The caller's own calendar, at a secret address."""

    permission_classes = [IsAuthenticated]

    @documented(request=None, responses={201: FeedSerializer})
    def post(self, request: Request) -> Response:
        """Make an address for one's calendar. An earlier one ends."""
        token = services.make_feed(member=cast(User, request.user))
        url = request.build_absolute_uri(reverse("calendar-feed", args=[token]))
        return Response({"url": url}, status=status.HTTP_201_CREATED)

    @documented(responses={204: None})
    def delete(self, request: Request) -> Response:
        """End the address of one's calendar, such as after it was shown to others."""
        services.revoke_feed(member=cast(User, request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _current(events: EventQuerySet) -> Iterable[Event]:
    return events.current(timezone.now() - PAST).order_by("start_date", "id")[:MOST]


def _of_member(member: User) -> Iterable[Event]:
    """Answer what the member organises or comes to; what they wait for is marked as tentative."""
    events = list(_current(Event.objects.exclude_drafts().concerning(member.pk)))
    unsettled = Registration.objects.active().filter(member=member, event__in=events)
    waiting = set(
        unsettled.exclude(status=Registration.Status.REGISTERED).values_list("event", flat=True)
    )
    for event in events:
        event.is_tentative = event.pk in waiting
    return events


def _written(events: Iterable[Event], name: str) -> bytes:
    site = SystemSettings.load()
    return calendar(
        [_entry(event) for event in events],
        name=f"{site.site_name}: {name}" if name else site.site_name,
        timezone=site.timezone,
    )


def _entry(event: Event) -> Entry:
    tentative = event.status == Event.Status.DRAFT or event.is_tentative
    cancelled = event.status == Event.Status.CANCELLED
    return Entry(
        uid=str(event.uid),
        sequence=event.sequence,
        title=event.title,
        description=event.description,
        location=event.location,
        starts=event.start_date,
        ends=event.end_date,
        status="CANCELLED" if cancelled else "TENTATIVE" if tentative else "CONFIRMED",
        url=f"{settings.FRONTEND_URL}/events/{event.pk}" if settings.FRONTEND_URL else "",
        created=event.created_at,
        modified=event.updated_at,
    )

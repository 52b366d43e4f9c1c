from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from rest_framework import status
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.accounts.models import User
from app.core import response_cache
from app.core.documentation import documented
from app.core.models import SystemSettings
from app.core.views import PublicView
from app.events import services
from app.events.calendars import Entry, calendar
from app.events.models import CalendarFeed, Event
from app.events.querysets import EventQuerySet
from app.events.renderers import CalendarRenderer
from app.events.serializers import FeedSerializer

# What is over stays in a feed as long as this, so that calendars see a late change.
PAST = timedelta(days=30)
# What a feed has at most, and of a description: a calendar that polls it gets it whole, and Lambda
# answers no more than 6 MB.
MOST = 500
LONGEST_DESCRIPTION = 1000
MEDIA_TYPE = f"{CalendarRenderer.media_type}; charset=utf-8"


class CalendarView(APIView):
    """An iCalendar file, in the site's time zone."""

    renderer_classes = [CalendarRenderer]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        # An address that ends in .ics answers that, whatever a calendar says that it takes.
        return super().perform_content_negotiation(request, force=True)


class EventCalendarView(CalendarView):
    permission_classes = [AllowAny]
    cached_on = [Event, SystemSettings]

    @documented(responses={200: str})
    def get(self, request: Request, event_id: int) -> HttpResponse:
        """One event, to be put into a calendar."""
        visible = Event.objects.visible_to(request.user)
        return response_cache.answer_to_viewer(
            request,
            self.cached_on,
            lambda: _written([get_object_or_404(visible, pk=event_id)]),
            media_type=MEDIA_TYPE,
        )


class PublicCalendarView(PublicView, CalendarView):
    cached_on = [Event, SystemSettings]

    @documented(operation_id="events_public_calendar_retrieve", responses={200: str})
    def get(self, request: Request) -> HttpResponse:
        """What there is for all in the last month and the time to come, to be subscribed to."""
        return response_cache.answer(
            request,
            self.cached_on,
            lambda: _written(_current(Event.objects.announced())),
            media_type=MEDIA_TYPE,
        )


class FeedCalendarView(PublicView, CalendarView):
    """The secret is in the address, as calendars know no other way to sign in."""

    @documented(responses={200: str})
    def get(self, request: Request, token: str) -> HttpResponse:
        """What one member organises or is registered for, to be subscribed to.

        Waiting for a seat is tentative.
        """
        feeds = CalendarFeed.objects.select_related("member")
        member = get_object_or_404(
            feeds, digest=CalendarFeed.digest_of(token), member__is_active=True
        ).member
        events = _current(Event.objects.in_calendar_of(member))
        return HttpResponse(_written(events, str(member.display_name)), content_type=MEDIA_TYPE)


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
    now = timezone.now()
    recent = events.ending_after(now - PAST).alias(is_over=Q(end_date__lte=now))
    # Should there be too many, those that are over are left out first.
    return recent.order_by("is_over", "start_date", "id")[:MOST]


def _written(events: Iterable[Event], name: str = "") -> bytes:
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
        description=Truncator(event.description).chars(LONGEST_DESCRIPTION),
        location=event.location,
        starts=event.start_date,
        ends=event.end_date,
        status="CANCELLED" if cancelled else "TENTATIVE" if tentative else "CONFIRMED",
        url=event.page_url,
        created=event.created_at,
        modified=event.updated_at,
    )

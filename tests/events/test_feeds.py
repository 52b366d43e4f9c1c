"""Calendars that are subscribed to, as calendar programs read them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from app.core.models import SystemSettings
from app.events.models import CalendarFeed, Event, Registration
from tests.factories import EventFactory, RegistrationFactory

pytestmark = pytest.mark.django_db

PUBLIC = "/api/events/calendar.ics"
FEED = "/api/dashboard/calendar/"


def read(client, path):
    """Answer the calendar, and its events by their titles."""
    response = client.get(path)
    assert response.status_code == 200
    calendar = Calendar.from_ical(response.content)
    return calendar, {str(event["SUMMARY"]): event for event in calendar.walk("VEVENT")}


def path_of(event):
    return f"/api/events/{event.pk}/calendar.ics"


@pytest.fixture
def feed(member_api):
    """The address of the member's calendar."""
    response = member_api.post(FEED)
    assert response.status_code == 201
    return response.json()["url"]


class TestAll:
    """What is so for each calendar."""

    @pytest.fixture(params=["event", "public", "feed"])
    def calendar(self, request, event, member, feed):
        RegistrationFactory(event=event, member=member)
        return {"event": path_of(event), "public": PUBLIC, "feed": feed}[request.param]

    def test_it_has_what_calendars_show(self, settings, api, event, calendar):
        settings.FRONTEND_URL = "https://guild.example"
        Event.objects.update(
            title="LAN, mostly", description="Bring cables;\nand food.", location="Clubhouse"
        )

        site, events = read(api, calendar)

        shown = events["LAN, mostly"]
        assert shown["UID"] == str(event.uid)
        assert shown["DESCRIPTION"] == "Bring cables;\nand food."
        assert shown["LOCATION"] == "Clubhouse"
        assert shown["URL"] == f"https://guild.example/events/{event.pk}"
        assert (shown["STATUS"], shown["SEQUENCE"]) == ("CONFIRMED", 0)
        assert site["X-WR-CALNAME"].startswith("Guildhall")

    def test_times_are_in_the_sites_time_zone(self, api, event, calendar):
        start = datetime(2050, 7, 1, 18, tzinfo=UTC)
        Event.objects.update(start_date=start, end_date=start + timedelta(hours=3))
        SystemSettings.load()
        SystemSettings.objects.update(timezone="America/New_York")

        site, events = read(api, calendar)

        shown = events[event.title]
        assert shown["DTSTART"].dt == datetime(2050, 7, 1, 14, tzinfo=ZoneInfo("America/New_York"))
        assert shown["DTSTART"].params["TZID"] == "America/New_York"
        assert shown["DTEND"].dt - shown["DTSTART"].dt == timedelta(hours=3)
        assert [str(zone["TZID"]) for zone in site.walk("VTIMEZONE")] == ["America/New_York"]

    def test_a_change_is_the_same_entry_with_a_higher_sequence(
        self, api, organiser_api, event, calendar
    ):
        before = read(api, calendar)[1][event.title]
        for sequence, changes in enumerate([{"title": "New"}, {"status": "cancelled"}], start=1):
            organiser_api.patch(f"/api/events/{event.pk}/", changes)

            after = read(api, calendar)[1]["New"]

            assert (after["UID"], after["SEQUENCE"]) == (before["UID"], sequence)
        assert after["STATUS"] == "CANCELLED"

    @pytest.mark.parametrize("accept", ["*/*", "text/html", "text/calendar", "image/png", "x"])
    def test_it_is_a_calendar_whatever_is_accepted(self, api, calendar, accept):
        response = api.get(calendar, headers={"Accept": accept})

        assert response.status_code == 200
        assert response["Content-Type"] == "text/calendar; charset=utf-8"

    @pytest.mark.parametrize(
        ("method", "status"), [("head", 200), ("options", 200), ("post", 405), ("delete", 405)]
    )
    def test_it_is_read_and_not_written(self, organiser_api, calendar, method, status):
        assert getattr(organiser_api, method)(calendar).status_code == status


@pytest.mark.parametrize("path", [PUBLIC, "{event}"])
class TestPublic:
    def test_who_has_it_is_told_so(self, api, event, path):
        path = path.format(event=path_of(event))
        first = api.get(path)

        same = api.get(path, headers={"If-None-Match": first["ETag"]})
        Event.objects.update(title="Renamed")
        other = api.get(path, headers={"If-None-Match": first["ETag"]})

        assert (same.status_code, same.content) == (304, b"")
        assert (other.status_code, other["ETag"] == first["ETag"]) == (200, False)
        assert first["Cache-Control"].startswith("public, max-age=0, s-maxage=")

    def test_it_is_the_same_for_all(self, api, member_api, event, path):
        path = path.format(event=path_of(event))

        assert api.get(path).content == member_api.get(path).content


def test_one_event_for_who_is_signed_in_is_kept_nowhere(member_api, event):
    response = member_api.get(path_of(event))

    assert response["Cache-Control"] == "no-store"
    assert "ETag" not in response
    assert {"Authorization", "Cookie"} <= set(response["Vary"].split(", "))


def test_a_draft_is_tentative_to_its_organiser(organiser_api, event):
    Event.objects.update(status="draft")

    assert read(organiser_api, path_of(event))[1][event.title]["STATUS"] == "TENTATIVE"


def test_all_that_is_published_can_be_subscribed_to_for_a_month_after_it(api):
    for title, days in {"Old": -40, "Late": -20, "Soon": 1, "Far": 400}.items():
        start = timezone.now() + timedelta(days=days)
        EventFactory(title=title, start_date=start, end_date=start + timedelta(hours=1))
    EventFactory(title="Draft", status="draft")
    EventFactory(title="Off", status="cancelled")

    events = read(api, PUBLIC)[1]

    assert {title: str(event["STATUS"]) for title, event in events.items()} == {
        "Late": "CONFIRMED",
        "Soon": "CONFIRMED",
        "Far": "CONFIRMED",
        "Off": "CANCELLED",
    }


def test_no_events_are_a_calendar_too(api):
    assert read(api, PUBLIC)[1] == {}


class TestFeed:
    def test_it_has_what_a_member_organises_or_has_a_place_at(self, api, feed, member):
        EventFactory(title="Own", created_by=member)
        EventFactory(title="Draft", created_by=member, status="draft")
        for status in Registration.Status:
            RegistrationFactory(event__title=status, member=member, status=status)
        off = {"event__title": "Off", "event__status": "cancelled"}
        RegistrationFactory(member=member, status="waitlisted", **off)
        RegistrationFactory(event__title="Another's")

        calendar, events = read(api, feed)

        assert {title: str(event["STATUS"]) for title, event in events.items()} == {
            "Own": "CONFIRMED",
            "registered": "CONFIRMED",
            "offered": "TENTATIVE",
            "waitlisted": "TENTATIVE",
            "Off": "CANCELLED",
        }
        assert calendar["X-WR-CALNAME"] == f"Guildhall: {member.display_name}"

    def test_it_is_for_who_has_its_address_and_kept_nowhere(self, api, feed):
        response = api.get(feed)

        assert response.status_code == 200
        assert response["Cache-Control"] == "no-store"
        assert "ETag" not in response

    def test_its_secret_is_not_stored(self, feed, member):
        token = feed.rpartition("/")[2].removesuffix(".ics")

        assert len(token) >= 32
        stored = CalendarFeed.objects.values().get(member=member)
        assert token not in str(stored)

    def test_another_takes_its_place(self, api, member_api, feed):
        again = member_api.post(FEED).json()["url"]

        assert again != feed
        assert (api.get(feed).status_code, api.get(again).status_code) == (404, 200)

    def test_it_ends_when_its_member_says_so(self, api, member_api, outsider_api, feed):
        assert outsider_api.delete(FEED).status_code == 204
        assert api.get(feed).status_code == 200

        for _ in range(2):
            assert member_api.delete(FEED).status_code == 204
        assert api.get(feed).status_code == 404

    def test_it_ends_while_its_member_is_deactivated(self, api, feed, member):
        for is_active, status in ((False, 404), (True, 200)):
            member.is_active = is_active
            member.save()
            assert api.get(feed).status_code == status

    @pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 5000, "%00", "日本", "{digest}"])
    def test_no_other_address_is_one(self, api, feed, token):
        token = token.format(digest=CalendarFeed.objects.get().digest)

        response = api.get(reverse("calendar-feed", args=["T"]).replace("T.ics", f"{token}.ics"))

        assert response.status_code == 404
        assert response.json()["code"] == "not_found"

    def test_nobody_has_one(self, api):
        assert api.post(FEED).status_code == api.delete(FEED).status_code == 401

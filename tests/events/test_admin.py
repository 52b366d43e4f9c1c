"""The admin keeps the rules of the API, as it goes by the same services."""

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from app.events.models import Event, Registration
from app.notifications.models import Notification
from tests.factories import (
    EventFactory,
    NotificationFactory,
    RegistrationFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

EVENTS = reverse("admin:events_event_changelist")
REGISTRATIONS = reverse("admin:events_registration_changelist")


@pytest.fixture
def organiser(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def form(event, **changes):
    """Answer what the event's page posts."""
    start, end = (timezone.localtime(at) for at in (event.start_date, event.end_date))
    fields = {
        "title": event.title,
        "description": event.description,
        "location": event.location,
        "cover": event.cover,
        "created_by": event.created_by_id or "",
        "status": event.status,
        "start_date_0": f"{start:%Y-%m-%d}",
        "start_date_1": f"{start:%H:%M:%S}",
        "end_date_0": f"{end:%Y-%m-%d}",
        "end_date_1": f"{end:%H:%M:%S}",
        "max_participants": event.max_participants or "",
        "waiting_list": "on" if event.waiting_list else "",
        "offer_hours": "",
        "registrations-TOTAL_FORMS": 0,
        "registrations-INITIAL_FORMS": 0,
    }
    return fields | changes


def change(client, event, **changes):
    url = reverse("admin:events_event_change", args=[event.pk])
    return client.post(url, form(event, **changes))


def do(client, page, action, *rows):
    body = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(page, body, follow=True)


def said(response):
    return [str(message) for message in response.context["messages"]]


def test_an_event_is_made_by_whoever_makes_it(organiser):
    made = form(EventFactory.build(created_by=None, title="Made here"))

    assert organiser.post(reverse("admin:events_event_add"), made).status_code == 302

    event = Event.objects.get()
    assert event.title == "Made here"
    assert event.created_by.is_superuser


def test_cancelling_on_the_page_tells_those_registered(organiser):
    event = EventFactory()
    seat = RegistrationFactory(event=event)

    assert change(organiser, event, status="cancelled").status_code == 302

    event.refresh_from_db()
    assert (event.status, event.sequence) == ("cancelled", 1)
    assert [notice.member for notice in Notification.objects.all()] == [seat.member]


def test_more_seats_on_the_page_go_to_the_line(organiser):
    event = EventFactory(max_participants=1)
    RegistrationFactory(event=event)
    waits = RegistrationFactory(event=event, status="waitlisted")

    change(organiser, event, max_participants=2)

    waits.refresh_from_db()
    assert waits.status == "registered"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"max_participants": 1}, "2 seats are taken"),
        ({"status": "draft"}, "It can be cancelled."),
        ({"end_date_0": "2026-01-01"}, "The event must end after it begins."),
    ],
)
def test_what_the_rules_refuse_is_said_on_the_page_and_nothing_is_lost(organiser, changes, words):
    event = EventFactory(max_participants=5)
    RegistrationFactory.create_batch(2, event=event)

    answer = change(organiser, event, title="Typed at length", **changes)

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert "Typed at length" in answer.content.decode()
    event.refresh_from_db()
    assert (event.status, event.max_participants) == ("published", 5)


def test_events_are_cancelled_from_the_list_and_those_that_cannot_be_are_named(organiser):
    event, cancelled = EventFactory(), EventFactory(status="cancelled")
    draft = EventFactory(status="draft")

    answer = do(organiser, EVENTS, "cancel", event, cancelled, draft)

    assert Event.objects.filter(status="cancelled").count() == 2
    assert sorted(said(answer)) == sorted(
        [
            f"{event}: Cancelled.",
            f"{cancelled}: Cancelled.",
            f"{draft}: Nobody knows of it yet: there is nothing to cancel.",
        ]
    )


def test_an_event_that_somebody_registered_for_is_not_deleted(organiser):
    seat = RegistrationFactory(status="cancelled", event=EventFactory())
    empty = EventFactory()

    do(organiser, EVENTS, "delete_selected", seat.event)
    assert Event.objects.count() == 2
    organiser.post(reverse("admin:events_event_delete", args=[empty.pk]), {"post": "yes"})

    assert Event.objects.get() == seat.event


def test_an_events_registrations_are_exported(organiser):
    seat = RegistrationFactory(member=UserFactory(nickname="=1+1"))

    answer = do(organiser, EVENTS, "export_registrations", seat.event)

    [row] = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert row["display_name"] == "'=1+1"
    several = do(organiser, EVENTS, "export_registrations", seat.event, EventFactory())
    assert said(several) == ["Choose one event."]


def test_the_list_counts_who_comes(organiser):
    event = EventFactory(max_participants=9)
    RegistrationFactory(event=event, checked_in_at=timezone.now())
    RegistrationFactory.create_batch(2, event=event, status="waitlisted")

    page = organiser.get(EVENTS).content.decode()

    for column, count in (("registered", "1 of 9"), ("waiting", 2), ("checked_in", 1)):
        assert f'<td class="field-{column}">{count}</td>' in page


def test_the_page_shows_those_registered_and_costs_the_same_for_many(organiser):
    event = EventFactory()
    url = reverse("admin:events_event_change", args=[event.pk])

    def queries():
        with CaptureQueriesContext(connection) as asked:
            page = organiser.get(url).content.decode()
        shown = [str(seat.member) in page for seat in Registration.objects.all()]
        assert all(shown)
        return len(asked)

    RegistrationFactory(event=event)
    queries()
    few = queries()
    RegistrationFactory.create_batch(20, event=event)
    assert queries() == few


def test_a_registration_is_checked_in_and_out_and_taken_out(organiser):
    seat = RegistrationFactory(event=EventFactory(max_participants=1))
    waits = RegistrationFactory(event=seat.event, status="waitlisted")

    def state():
        seat.refresh_from_db()
        return seat.status, seat.checked_in_at is not None

    do(organiser, REGISTRATIONS, "check_in", seat)
    assert state() == ("registered", True)
    [refused] = said(do(organiser, REGISTRATIONS, "take_out", seat))
    assert "keeps the seat" in refused
    do(organiser, REGISTRATIONS, "undo_check_in", seat)
    assert state() == ("registered", False)
    do(organiser, REGISTRATIONS, "take_out", seat)
    assert state() == ("cancelled", False)
    waits.refresh_from_db()
    assert waits.status == "registered"


def test_who_has_not_come_is_marked_from_the_list(organiser):
    event = EventFactory(running=True)
    absent = RegistrationFactory(event=event)

    answer = do(organiser, EVENTS, "mark_no_shows", event, later := EventFactory())

    absent.refresh_from_db()
    assert absent.no_show
    assert any(str(later) in line and "has not begun" in line for line in said(answer))


@pytest.mark.parametrize(("when", "expected"), [("coming", 0), ("on", 1), ("over", 2)])
def test_events_are_found_by_when_they_are(organiser, when, expected):
    events = [EventFactory(), EventFactory(running=True), EventFactory(over=True)]

    page = organiser.get(EVENTS, {"when": when})

    assert list(page.context["cl"].result_list) == [events[expected]]


def test_staff_who_may_only_look_do_only_that(client):
    clerk = StaffFactory()
    clerk.user_permissions.set(Permission.objects.filter(codename="view_event"))
    client.force_login(clerk)
    event = EventFactory()

    assert client.get(EVENTS).status_code == 200
    assert change(client, event, status="cancelled").status_code == 403
    do(client, EVENTS, "cancel", event)
    assert client.get(REGISTRATIONS).status_code == 403

    event.refresh_from_db()
    assert event.status == "published"
    assert event.start_date > timezone.now() + timedelta(days=6)


def test_a_member_with_registrations_is_deleted_by_who_may_delete_members(client):
    clerk = StaffFactory()
    codes = ["delete_user", "view_user", "change_user"]
    clerk.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(clerk)
    seat = RegistrationFactory()
    NotificationFactory(member=seat.member)

    url = reverse("admin:accounts_user_delete", args=[seat.member_id])
    assert client.post(url, {"post": "yes"}).status_code == 302

    assert not Registration.objects.exists()

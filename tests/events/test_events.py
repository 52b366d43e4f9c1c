from datetime import timedelta

import pytest
from django.utils import timezone

from app.core.models import SystemSettings
from app.events.models import Event, Registration
from app.notifications.models import Notification
from tests.factories import EventFactory, RegistrationFactory

pytestmark = pytest.mark.django_db

NEW = {
    "title": "Friday in-house",
    "start_date": "2050-01-01T19:00:00Z",
    "end_date": "2050-01-01T23:00:00Z",
}


def path_of(event, rest=""):
    return f"/api/events/{event.pk}/{rest}"


def times(**days):
    """Answer fields that are times, so many days from now."""
    return {name: timezone.now() + timedelta(days=number) for name, number in days.items()}


class TestCreate:
    def test_whoever_creates_an_event_organises_it_and_publishes_it_later(
        self, api, member_api, member
    ):
        response = member_api.post("/api/events/", NEW)

        assert response.status_code == 201
        assert response.json() | NEW == response.json()
        assert (
            response.json()
            | {
                "status": "draft",
                "max_participants": None,
                "waiting_list": True,
                "is_upcoming": True,
                "registered_count": 0,
                "seats_left": None,
                "waitlist_count": 0,
                "my_registration": None,
            }
            == response.json()
        )
        assert response.json()["created_by"]["id"] == member.pk
        path = f"/api/events/{response.json()['id']}/"
        assert member_api.get(path).json() == response.json()
        assert member_api.patch(path, {"status": "published"}).status_code == 200
        assert api.get(path).status_code == 200

    def test_nobody_creates_none(self, api):
        assert api.post("/api/events/", NEW).status_code == 401
        assert not Event.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"title": ""}, "title"),
            ({"title": " "}, "title"),
            ({"title": "x" * 121}, "title"),
            ({"title": "Two\nlines"}, "title"),
            ({"location": "Two\nlines"}, "location"),
            ({"description": "x" * 5001}, "description"),
            ({"cover": "javascript:alert(1)"}, "cover"),
            ({"start_date": "tomorrow"}, "start_date"),
            ({"start_date": None}, "start_date"),
            ({"end_date": NEW["start_date"]}, "end_date"),
            ({"end_date": "2050-01-01T18:59:59Z"}, "end_date"),
            ({"start_date": "0001-01-01T00:00:00Z"}, "start_date"),
            ({"end_date": "9999-12-31T00:00:00Z"}, "end_date"),
            ({"status": "over"}, "status"),
            ({"status": "cancelled"}, "status"),
            ({"max_participants": 0}, "max_participants"),
            ({"max_participants": 100_001}, "max_participants"),
            ({"offer_hours": 0}, "offer_hours"),
            ({"offer_hours": 169}, "offer_hours"),
            ({"registration_closes": "2050-01-01T23:00:01Z"}, "registration_closes"),
            ({"registration_opens": NEW["start_date"]}, "registration_opens"),
            (
                {
                    "registration_opens": "2049-12-01T00:00:00Z",
                    "registration_closes": "2049-12-01T00:00:00Z",
                },
                "registration_opens",
            ),
        ],
    )
    def test_what_is_wrong_is_said_by_field(self, member_api, changes, field):
        response = member_api.post("/api/events/", NEW | changes)

        assert response.status_code == 400
        assert list(response.json()["details"]) == [field]
        assert not Event.objects.exists()

    def test_registration_may_stay_open_while_the_event_is_on(self, member_api):
        window = {"registration_opens": "2050-01-01T20:00:00Z"}
        closes = {"registration_closes": NEW["end_date"]}

        assert member_api.post("/api/events/", NEW | window).status_code == 400
        assert member_api.post("/api/events/", NEW | window | closes).status_code == 201


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"end_date": 6}, "end_date"),
        ({"start_date": 8}, "end_date"),
        ({"registration_closes": 9}, "registration_closes"),
        ({"registration_closes": 2}, "registration_opens"),
        ({"registration_opens": 5}, "registration_opens"),
        # What nobody has touched can be wrong now.
        ({"start_date": 1, "end_date": 4}, "registration_closes"),
    ],
)
def test_a_change_of_one_time_is_held_to_the_others(organiser_api, event, changes, field):
    window = times(registration_opens=3, registration_closes=5)
    Event.objects.update(**window)

    response = organiser_api.patch(path_of(event), times(**changes))

    assert response.status_code == 400
    assert field in response.json()["details"]
    event.refresh_from_db()
    assert event.registration_opens == window["registration_opens"]


class TestWhoMay:
    @pytest.mark.parametrize("who", ["organiser_api", "staff_api"])
    def test_its_organiser_and_staff_write_an_event(self, request, event, who):
        client = request.getfixturevalue(who)

        assert client.patch(path_of(event), {"title": "Renamed"}).json()["title"] == "Renamed"
        assert client.put(path_of(event), NEW).json()["title"] == NEW["title"]
        assert client.delete(path_of(event)).status_code == 204
        assert not Event.objects.exists()

    @pytest.mark.parametrize("method", ["put", "patch", "delete"])
    @pytest.mark.parametrize(("status", "refusal"), [("published", 403), ("draft", 404)])
    def test_nobody_else_does(self, api, outsider_api, event, method, status, refusal):
        Event.objects.update(status=status)

        assert getattr(api, method)(path_of(event), NEW).status_code == 401
        assert getattr(outsider_api, method)(path_of(event), NEW).status_code == refusal
        assert Event.objects.get().title == event.title

    def test_a_member_with_a_seat_is_no_organiser(self, member_api, member, event):
        RegistrationFactory(event=event, member=member)

        assert member_api.patch(path_of(event), {"title": "Mine"}).status_code == 403

    def test_an_event_that_has_lost_its_organiser_is_for_staff(
        self, api, member_api, staff_api, event, organiser
    ):
        organiser.delete()

        assert api.get(path_of(event)).json()["created_by"] is None
        assert member_api.patch(path_of(event), {"title": "Mine"}).status_code == 403
        assert staff_api.patch(path_of(event), {"title": "Ours"}).status_code == 200

    def test_what_is_not_the_organisers_to_write_is_ignored(
        self, organiser_api, organiser, outsider, event
    ):
        before = Event.objects.values("id", "created_by", "sequence", "uid", "created_at").get()

        response = organiser_api.patch(
            path_of(event),
            {
                "id": 4711,
                "created_by": outsider.pk,
                "sequence": 7,
                "uid": "6f1c3a52-4f0e-4a53-9d0c-3f3f6d3c9a11",
                "created_at": "2001-01-01T00:00:00Z",
                "registered_count": 7,
            },
        )

        assert response.status_code == 200
        assert Event.objects.filter(**before).exists()
        created = organiser_api.post("/api/events/", NEW | {"created_by": outsider.pk})
        assert created.json()["created_by"]["id"] == organiser.pk


class TestDrafts:
    @pytest.fixture
    def draft(self, organiser):
        return EventFactory(created_by=organiser, status="draft", title="Surprise party")

    def seen_by(self, client, draft):
        """Answer where the draft is seen: its own addresses, and lists of all kinds."""
        lists = ["events/", "events/?q=surprise", "events/?status=draft", "search/?q=surprise"]
        found = {client.get(f"/api/{path}").json()["count"] for path in lists}
        pages = {client.get(path_of(draft, rest)).status_code for rest in ("", "calendar.ics")}
        return found, pages

    @pytest.mark.parametrize("who", ["organiser_api", "staff_api"])
    def test_its_organiser_and_staff_see_a_draft(self, request, draft, who):
        assert self.seen_by(request.getfixturevalue(who), draft) == ({1}, {200})

    @pytest.mark.parametrize("has_organiser", [True, False])
    @pytest.mark.parametrize("who", ["api", "outsider_api"])
    def test_nobody_else_does(self, request, draft, organiser, who, has_organiser):
        if not has_organiser:
            organiser.delete()

        assert self.seen_by(request.getfixturevalue(who), draft) == ({0}, {404})

    @pytest.mark.parametrize(
        ("method", "rest"),
        [
            ("post", "register/"),
            ("delete", "register/"),
            ("get", "registrations/"),
            ("post", "check-in/"),
            ("post", "no-shows/"),
        ],
    )
    def test_it_cannot_be_told_from_no_event(self, outsider_api, draft, method, rest):
        answers = [
            getattr(outsider_api, method)(path)
            for path in (path_of(draft, rest), f"/api/events/999999/{rest}")
        ]

        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content

    def test_no_calendar_to_subscribe_to_has_it(self, api, organiser_api, draft):
        feed = organiser_api.post("/api/dashboard/calendar/").json()["url"]

        for path in ("/api/events/calendar.ics", feed):
            assert b"Surprise" not in api.get(path).content


class TestStatus:
    @pytest.mark.parametrize(
        ("was", "registered", "to", "status", "code"),
        [
            ("draft", None, "published", 200, None),
            ("draft", None, "cancelled", 400, "invalid"),
            ("published", None, "draft", 200, None),
            # Or it could neither be deleted nor be cancelled any more.
            ("published", "cancelled", "draft", 409, "event_has_registrations"),
            ("published", "registered", "draft", 409, "event_has_registrations"),
            ("published", "offered", "draft", 409, "event_has_registrations"),
            ("published", "waitlisted", "draft", 409, "event_has_registrations"),
            ("published", "registered", "cancelled", 200, None),
            ("cancelled", None, "published", 409, "event_cancelled"),
            ("cancelled", None, "draft", 409, "event_cancelled"),
            ("cancelled", None, "cancelled", 200, None),
        ],
    )
    def test_a_status_follows_some_others(
        self, organiser_api, event, was, registered, to, status, code
    ):
        Event.objects.update(status=was)
        if registered:
            RegistrationFactory(event=event, status=registered)

        response = organiser_api.patch(path_of(event), {"status": to})

        assert response.status_code == status
        assert response.json().get("code") == code
        assert Event.objects.get().status == (was if code else to)

    @pytest.mark.parametrize("registered", [None, *Registration.Status])
    def test_an_event_that_somebody_has_registered_for_is_not_deleted(
        self, organiser_api, event, registered
    ):
        if registered:
            RegistrationFactory(event=event, status=registered)

        response = organiser_api.delete(path_of(event))

        assert response.status_code == (409 if registered else 204)
        assert Event.objects.exists() == bool(registered)
        if registered:
            assert response.json()["code"] == "event_has_registrations"


class TestSeats:
    @pytest.fixture
    def full(self, event):
        """Two seats, of which one is offered, and two in line."""
        Event.objects.update(max_participants=2)
        statuses = ["registered", "offered", "waitlisted", "waitlisted"]
        return [RegistrationFactory(event=event, status=status) for status in statuses]

    def statuses(self, registrations):
        found = Registration.objects.in_bulk([each.pk for each in registrations])
        return [found[each.pk].status for each in registrations]

    @pytest.mark.parametrize("who", ["organiser_api", "staff_api"])
    def test_there_are_not_fewer_than_are_taken(self, request, event, full, who):
        client = request.getfixturevalue(who)

        refused = client.patch(path_of(event), {"max_participants": 1, "title": "Smaller"})

        assert refused.status_code == 409
        assert refused.json()["code"] == "too_few_seats"
        assert refused.json()["detail"].startswith("2 seats are taken. Take members out first")
        event.refresh_from_db()
        assert (event.max_participants, event.title == "Smaller") == (2, False)

    @pytest.mark.parametrize(
        ("seats", "third", "fourth"),
        [
            (2, "waitlisted", "waitlisted"),
            (3, "registered", "waitlisted"),
            (4, "registered", "registered"),
            (None, "registered", "registered"),
        ],
    )
    def test_more_go_to_the_first_in_line(
        self, organiser_api, event, full, told, seats, third, fourth
    ):
        response = organiser_api.patch(path_of(event), {"max_participants": seats})

        assert self.statuses(full) == ["registered", "offered", third, fourth]
        given = [each.member_id for each in full[2:] if self.statuses([each]) == ["registered"]]
        assert told("You have a seat") == given
        counts = {"registered_count": 1 + len(given), "waitlist_count": 2 - len(given)}
        assert response.json() | counts == response.json()

    def test_more_at_an_event_that_is_over_go_to_nobody(self, organiser_api, event, full, told):
        Event.objects.update(**times(start_date=-2, end_date=-1))

        response = organiser_api.patch(path_of(event), {"max_participants": 4})

        assert response.status_code == 200
        assert self.statuses(full)[2:] == ["waitlisted", "waitlisted"]
        assert told("seat") == []


@pytest.mark.parametrize(
    ("changes", "sequence"),
    [
        ({"title": "Renamed"}, 6),
        ({"description": "More of it."}, 6),
        ({"location": "Elsewhere"}, 6),
        (times(end_date=9), 6),
        ({"title": "Renamed", "location": "Elsewhere"}, 6),
        ({"status": "cancelled"}, 6),
        ({"title": "As it was", "status": "published"}, 5),
        ({"max_participants": 9, "waiting_list": False, "cover": "https://pics.example/1"}, 5),
        ({}, 5),
        ({"title": ""}, 5),
    ],
)
def test_the_sequence_rises_with_what_calendars_show_and_only_then(
    organiser_api, event, changes, sequence
):
    Event.objects.update(title="As it was", sequence=5)

    organiser_api.patch(path_of(event), changes)

    assert Event.objects.get().sequence == sequence


class TestNotices:
    @pytest.fixture
    def coming(self, event):
        """Whoever has a seat or a place in line; others have left, or know nothing of it."""
        Event.objects.update(max_participants=2)
        for status in ("cancelled", "expired"):
            RegistrationFactory(event=event, status=status)
        RegistrationFactory()
        statuses = ["registered", "offered", "waitlisted"]
        return [RegistrationFactory(event=event, status=status).member_id for status in statuses]

    @pytest.mark.parametrize(
        ("changes", "notice"),
        [
            ({"location": "Elsewhere"}, "has moved"),
            (times(start_date=6), "has moved"),
            (times(end_date=9), "has moved"),
            ({"status": "cancelled"}, "is cancelled"),
            ({"status": "cancelled", "location": "Elsewhere"}, "is cancelled"),
        ],
    )
    def test_those_with_a_seat_or_in_line_are_told(
        self, organiser_api, event, coming, told, changes, notice
    ):
        for _ in range(2):
            assert organiser_api.patch(path_of(event), changes).status_code == 200

        assert told(f"{event.title} {notice}") == told("") == coming

    def test_each_move_is_told(self, organiser_api, event, coming, told):
        for place in ("Here", "There"):
            organiser_api.patch(path_of(event), {"location": place})

        assert told("has moved") == sorted([*coming, *coming])

    @pytest.mark.parametrize(
        "changes", [{"title": "x"}, {"description": "x"}, {"max_participants": 2}, {}]
    )
    def test_of_other_changes_nobody_is(self, organiser_api, event, coming, told, changes):
        assert organiser_api.patch(path_of(event), changes).status_code == 200
        assert told("") == []

    def test_of_one_that_is_cancelled_nobody_is_told_that_it_moves(
        self, organiser_api, event, coming, told
    ):
        Event.objects.update(status="cancelled")

        assert organiser_api.patch(path_of(event), {"location": "x"}).status_code == 200
        assert told("") == []

    @pytest.mark.parametrize("changes", [{"status": "cancelled"}, {"location": "x"}])
    def test_of_one_that_is_over_nobody_is_told(self, organiser_api, event, coming, told, changes):
        now = timezone.now()
        Event.objects.update(start_date=now - timedelta(days=2), end_date=now - timedelta(days=1))

        assert organiser_api.patch(path_of(event), changes).status_code == 200
        assert told("") == []

    def test_what_a_member_makes_and_changes_has_a_limit_and_reading_has_none(
        self, settings, organiser_api, outsider_api, event
    ):
        settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"events": "2/day"}

        found = [organiser_api.patch(path_of(event), {"location": place}) for place in "xyz"]

        assert [answer.status_code for answer in found] == [200, 200, 429]
        assert organiser_api.get(path_of(event)).status_code == 200
        assert organiser_api.post("/api/events/", {}).status_code == 429
        assert outsider_api.post("/api/events/", {}).status_code == 400

    def test_times_are_told_in_the_sites_time_zone(self, settings, organiser_api, event, coming):
        settings.FRONTEND_URL = "https://guild.example"
        SystemSettings.load()
        SystemSettings.objects.update(timezone="Europe/Berlin", site_name="The Hall")

        organiser_api.patch(path_of(event), NEW | {"title": "LAN & more"})

        subject, body = Notification.objects.values_list("subject", "body")[0]
        assert subject == "The Hall: LAN & more has moved"
        assert "from Saturday 1 January 2050, 20:00 (Europe/Berlin)" in body
        assert f"https://guild.example/events/{event.pk}" in body

    def test_the_community_reads_what_is_written_and_no_markdown(
        self, settings, organiser_api, event
    ):
        settings.DISCORD_WEBHOOK_URL = "https://discord.example/webhook"
        event.status, event.title = "draft", "Free** [nitro](https://evil.example)"
        event.location = "# BIG <@1>"
        event.save()

        organiser_api.patch(path_of(event), {"status": "published"})

        body = Notification.objects.get().body
        assert body.startswith(r"**Free\*\* \[nitro\]\(https\://evil.example\)**")
        assert r"\# BIG \<\@1\>" in body

    def test_who_is_registered_is_told_of_a_cancellation_after_a_wrong_date(
        self, organiser_api, event, coming, told
    ):
        past = {"start_date": "2026-01-01T19:00:00Z", "end_date": "2026-01-01T23:00:00Z"}
        organiser_api.patch(path_of(event), past)
        assert told("has moved") == coming

    def test_the_community_is_told_once_that_it_is_published_and_that_it_is_cancelled(
        self, settings, organiser_api, event
    ):
        settings.DISCORD_WEBHOOK_URL = "https://discord.example/webhook"

        for status in ("draft", "published", "draft", "published", "cancelled"):
            assert organiser_api.patch(path_of(event), {"status": status}).status_code == 200

        told = Notification.objects.order_by("id").values_list("channel", "body")
        assert [(channel, body.splitlines()[0]) for channel, body in told] == [
            ("discord", f"**{event.title}**"),
            ("discord", f"**Cancelled: {event.title}**"),
        ]

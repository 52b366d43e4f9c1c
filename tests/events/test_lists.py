"""Lists of events and of registrations, and the latter as a table for spreadsheets."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from app.accounts.models import User
from app.events.models import Event, Registration
from tests.factories import EventFactory, RegistrationFactory, UserFactory

pytestmark = pytest.mark.django_db


def titles(response):
    assert response.status_code == 200
    return [event["title"] for event in response.json()["results"]]


class TestEvents:
    @pytest.fixture
    def calendar(self):
        """Three events of three hours each."""

        def on(day, hour, title, **fields):
            start = datetime(2050, 5, day, hour, tzinfo=UTC)
            return EventFactory(
                title=title, start_date=start, end_date=start + timedelta(hours=3), **fields
            )

        on(30, 20, "Spring LAN", location="Clubhouse")
        on(28, 19, "In-house", description="Captains draft at the clubhouse.")
        on(29, 21, "Meetup", status="cancelled")

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["In-house", "Meetup", "Spring LAN"]),
            ("status=published", ["In-house", "Spring LAN"]),
            ("status=cancelled", ["Meetup"]),
            ("status=draft", []),
            ("start_date=2050-05-29T21:00:00Z", ["Meetup", "Spring LAN"]),
            ("start_date=2050-05-29T21:00:01Z", ["Spring LAN"]),
            ("start_date=2050-05-29T23:00:00%2B02:00", ["Meetup", "Spring LAN"]),
            ("start_date=2050-05-29", ["Meetup", "Spring LAN"]),
            ("end_date=2050-05-28T22:00:00Z", ["In-house"]),
            ("end_date=2050-05-28T21:59:59Z", []),
            ("end_date=2050-05-28", ["In-house"]),
            ("end_date=20500527", []),
            ("end_date=20500528", ["In-house"]),
            # It ends as the 30th begins.
            ("end_date=2050-05-29", ["In-house"]),
            ("end_date=2050-05-30", ["In-house", "Meetup", "Spring LAN"]),
            ("start_date=2050-05-29&end_date=2050-05-30", ["Meetup", "Spring LAN"]),
            ("q=clubhouse", ["In-house", "Spring LAN"]),
            ("q=clubhouse+captains", ["In-house"]),
            ("q=meet", ["Meetup"]),
            ("q=nothing", []),
            ("q=clubhouse&status=published&ordering=-start_date", ["Spring LAN", "In-house"]),
            ("ordering=start_date", ["In-house", "Meetup", "Spring LAN"]),
            ("ordering=-start_date", ["Spring LAN", "Meetup", "In-house"]),
            ("ordering=-end_date", ["Spring LAN", "Meetup", "In-house"]),
            ("ordering=-title", ["Spring LAN", "Meetup", "In-house"]),
            ("ordering=created_at", ["Spring LAN", "In-house", "Meetup"]),
            ("ordering=-id", ["Meetup", "In-house", "Spring LAN"]),
            ("ordering=", ["In-house", "Meetup", "Spring LAN"]),
        ],
    )
    def test_they_are_filtered_and_put_in_order(self, api, member_api, calendar, query, found):
        assert titles(api.get(f"/api/events/?{query}")) == found
        assert titles(member_api.get(f"/api/events/?{query}")) == found

    @pytest.mark.parametrize(
        ("query", "why"),
        [
            ("status=over", "over is not one of the available choices"),
            ("start_date=tomorrow", "Enter a valid date/time"),
            ("start_date=2050-02-30", "Enter a valid date/time"),
            ("end_date=2050-13-01", "Enter a valid date/time"),
            ("end_date=9999-12-31T23:59:59-05:00", "no such moment"),
            ("ordering=created_by", "created_by is not one of the available choices"),
            ("ordering=start_date,sequence", "sequence is not one of the available choices"),
            (f"q={'x' * 101}", "at most 100 characters"),
        ],
    )
    @pytest.mark.parametrize("path", ["/api/events/", "/api/dashboard/events/"])
    def test_what_makes_no_sense_is_said_by_field(self, member_api, path, query, why):
        response = member_api.get(f"{path}?{query}")

        assert response.status_code == 400
        [(field, [sentence])] = response.json()["details"].items()
        assert field == query.partition("=")[0]
        assert why in sentence

    def test_mine_are_those_that_one_organises_or_has_a_place_at(self, member_api, member):
        EventFactory(title="Own", created_by=member)
        EventFactory(title="Draft", created_by=member, status="draft")
        for status in Registration.Status:
            RegistrationFactory(event__title=status, member=member, status=status)
        # Who comes back has two registrations, and the event is one still.
        again = RegistrationFactory(event__title="Again", member=member, status="cancelled")
        RegistrationFactory(event=again.event, member=member)
        RegistrationFactory(event__title="Another's")

        mine = ["Again", "Draft", "Own", "offered", "registered", "waitlisted"]
        assert sorted(titles(member_api.get("/api/events/?mine=true"))) == mine
        others = sorted(titles(member_api.get("/api/events/?mine=false")))
        assert others == ["Another's", "cancelled", "expired"]

    @pytest.mark.parametrize("value", ["true", "false", "maybe"])
    def test_nobody_has_any_of_their_own(self, api, value):
        response = api.get(f"/api/events/?mine={value}")

        assert response.status_code == 401
        assert response.json()["code"] == "not_authenticated"

    @pytest.mark.parametrize("query", ["", "ordering=title", "ordering=-id", "mine=true", "q=e"])
    def test_pages_lead_on_and_back(self, member_api, member, query):
        made = EventFactory.create_batch(5, title="Event", created_by=member)

        first = member_api.get(f"/api/events/?page_size=2&{query}").json()
        second = member_api.get(first["next"]).json()
        third = member_api.get(second["next"]).json()

        assert first["previous"] is third["next"] is None
        rows = [*first["results"], *second["results"], *third["results"]]
        assert sorted(row["id"] for row in rows) == [event.pk for event in made]
        assert {page["count"] for page in (first, second, third)} == {5}
        assert member_api.get(second["previous"]).json()["results"] == first["results"]


class TestDashboard:
    def test_an_organiser_sees_their_own_in_any_status_with_counts(
        self, organiser_api, organiser, member, event
    ):
        for status in ("draft", "cancelled"):
            EventFactory(created_by=organiser, status=status)
        RegistrationFactory(event=event, checked_in_at=timezone.now())
        RegistrationFactory(event=event, no_show=True)
        for status in Registration.Status:
            RegistrationFactory(event=event, status=status)
        Event.objects.filter(pk=event.pk).update(max_participants=5)
        # Somebody else's, which they come to.
        RegistrationFactory(member=organiser)

        shown = organiser_api.get("/api/dashboard/events/").json()["results"]

        assert {row["status"] for row in shown} == {"draft", "published", "cancelled"}
        assert {row["created_by"]["id"] for row in shown} == {organiser.pk}
        [row] = [row for row in shown if row["id"] == event.pk]
        counts = {
            "registered_count": 3,
            "offered_count": 1,
            "waitlist_count": 1,
            "seats_left": 1,
            "checked_in_count": 1,
            "no_show_count": 1,
        }
        assert row | counts == row
        assert "my_registration" not in row

    def test_staff_see_their_own_there_too(self, staff_api, staff, event):
        own = EventFactory(created_by=staff, status="draft")

        shown = staff_api.get("/api/dashboard/events/").json()["results"]

        assert [row["id"] for row in shown] == [own.pk]

    def test_it_is_filtered_as_other_lists_are(self, organiser_api, organiser, event):
        EventFactory(created_by=organiser, status="draft", title="Draft")
        EventFactory(status="draft")

        assert titles(organiser_api.get("/api/dashboard/events/?status=draft")) == ["Draft"]
        assert titles(organiser_api.get("/api/dashboard/events/?q=draft")) == ["Draft"]

    def test_nobody_has_one(self, api):
        assert api.get("/api/dashboard/events/").status_code == 401


@pytest.fixture
def coming(event):
    """One of each status and of each end, who are no two alike."""
    now = timezone.now()
    return {
        "came": RegistrationFactory(event=event, checked_in_at=now),
        "absent": RegistrationFactory(event=event, no_show=True),
        "first": RegistrationFactory(
            event=event, status="waitlisted", member__nickname="Freya First"
        ),
        "left": RegistrationFactory(event=event, status="cancelled", ended_at=now),
        "offered": RegistrationFactory(event=event, status="offered"),
        "second": RegistrationFactory(event=event, status="waitlisted"),
        "elsewhere": RegistrationFactory(),
    }


FILTERS = [
    ("", ["came", "absent", "first", "left", "offered", "second"]),
    ("status=registered", ["came", "absent"]),
    ("status=waitlisted", ["first", "second"]),
    ("status=cancelled", ["left"]),
    ("checked_in=true", ["came"]),
    ("checked_in=false&status=registered", ["absent"]),
    ("no_show=true", ["absent"]),
    ("q=FIRST", ["first"]),
    ("q=nobody", []),
    ("no_show=false&status=registered", ["came"]),
]


def path_of(event, query=""):
    return f"/api/events/{event.pk}/registrations/?{query}"


class TestRegistrations:
    @pytest.mark.parametrize("who", ["organiser_api", "staff_api"])
    @pytest.mark.parametrize(("query", "names"), FILTERS)
    def test_its_organiser_and_staff_see_who_comes(self, request, event, coming, who, query, names):
        rows = request.getfixturevalue(who).get(path_of(event, query)).json()["results"]

        assert [row["id"] for row in rows] == [coming[name].pk for name in names]
        assert [row["member"]["id"] for row in rows] == [coming[name].member_id for name in names]

    def test_a_page_says_where_in_the_whole_line_each_is(self, organiser_api, event, coming):
        first = organiser_api.get(path_of(event, "status=waitlisted&page_size=1")).json()
        second = organiser_api.get(first["next"]).json()

        assert [row["position"] for row in first["results"] + second["results"]] == [1, 2]
        rows = organiser_api.get(path_of(event)).json()["results"]
        assert [row["position"] for row in rows] == [None, None, 1, None, None, 2]

    @pytest.mark.parametrize("query", ["", "format=csv"])
    def test_nobody_else_does(self, api, outsider_api, member_api, member, event, query):
        RegistrationFactory(event=event, member=member)

        for client, status in ((api, 401), (member_api, 403), (outsider_api, 403)):
            response = client.get(path_of(event, query))
            assert response.status_code == status
            assert response["Content-Type"] == "application/json"
            assert set(response.json()) == {"detail", "code"}

    @pytest.mark.parametrize("query", ["status=gone", "checked_in=1", "no_show=maybe"])
    @pytest.mark.parametrize("form", ["json", "csv"])
    def test_what_makes_no_sense_is_said_by_field(self, organiser_api, event, query, form):
        response = organiser_api.get(path_of(event, f"{query}&format={form}"))

        assert response.status_code == 400
        assert list(response.json()["details"]) == [query.partition("=")[0]]

    def test_an_email_is_not_shown(self, organiser_api, event, coming):
        for query in ("", "format=csv"):
            assert b"@guildhall.example" not in organiser_api.get(path_of(event, query)).content


class TestCSV:
    def rows(self, client, event, query="", **headers):
        response = client.get(path_of(event, query or "format=csv"), headers=headers)
        assert response.status_code == 200
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        text = response.content.decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))

    def test_it_is_a_file_to_download(self, organiser_api, event, coming):
        response = organiser_api.get(path_of(event, "format=csv"))

        disposition = f'attachment; filename="event-{event.pk}-registrations.csv"'
        assert response["Content-Disposition"] == disposition
        assert response["Cache-Control"] == "no-store"
        assert response.content.startswith(b"\xef\xbb\xbfregistration_id,")
        assert response.content.endswith(b"\r\n")

    def test_a_row_says_all_of_a_registration(self, organiser_api, event):
        at = datetime(2026, 5, 1, 20, 15, 30, 999, tzinfo=UTC)
        came = RegistrationFactory(event=event, checked_in_at=at)
        left = RegistrationFactory(event=event, status="cancelled", ended_at=at)
        Registration.objects.update(created_at=at)

        assert self.rows(organiser_api, event) == [
            {
                "registration_id": str(each.pk),
                "username": each.member.username,
                "display_name": each.member.username,
                "status": each.status,
                "position": "",
                "offer_expires_at": "",
                "registered_at": "2026-05-01T20:15:30Z",
                "checked_in_at": "2026-05-01T20:15:30Z" if each is came else "",
                "no_show": "no",
                "ended_at": "2026-05-01T20:15:30Z" if each is left else "",
            }
            for each in (came, left)
        ]

    @pytest.mark.parametrize(("query", "names"), FILTERS)
    def test_the_filters_of_the_list_are_its_own(self, organiser_api, event, coming, query, names):
        rows = self.rows(organiser_api, event, f"format=csv&{query}")

        assert [row["registration_id"] for row in rows] == [str(coming[name].pk) for name in names]

    def test_the_line_has_its_numbers(self, organiser_api, event):
        RegistrationFactory.create_batch(2, event=event, status="waitlisted")
        offered = RegistrationFactory(event=event, status="offered")

        rows = self.rows(organiser_api, event)

        assert [row["position"] for row in rows] == ["1", "2", ""]
        assert rows[-1]["offer_expires_at"] == f"{offered.offer_expires_at:%Y-%m-%dT%H:%M:%SZ}"

    def test_it_has_no_pages(self, organiser_api, event):
        members = User.objects.bulk_create(UserFactory.build_batch(101))
        Registration.objects.bulk_create(
            Registration(event=event, member=each, status="registered") for each in members
        )

        assert len(self.rows(organiser_api, event, "format=csv&page=2&page_size=1")) == 101

    def test_it_can_be_asked_for_by_accept(self, organiser_api, event, coming):
        assert len(self.rows(organiser_api, event, "page=1", Accept="text/csv")) == 6

    @pytest.mark.parametrize(
        ("name", "cell"),
        [
            ("Ada, Countess", "Ada, Countess"),
            ('Ada "the Countess"', 'Ada "the Countess"'),
            ("Łódź 日本 🎲", "Łódź 日本 🎲"),
            ("a=b-c", "a=b-c"),
            ("=1+1", "'=1+1"),
            ("+491701234567", "'+491701234567"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"),
            ("\r=1", "'\r'=1"),
            ("\n=1", "'\n'=1"),
            ("＝1＋1", "'＝1＋1"),  # noqa: RUF001
            # Where a semicolon is what separates cells, or a tab.
            ("Ada;=1", "Ada;'=1"),
            ("Ada\t=1", "Ada\t'=1"),
            ('";=1', "\";'=1"),
        ],
    )
    def test_no_name_is_a_formula(self, organiser_api, event, name, cell):
        RegistrationFactory(event=event, member__nickname=name)

        [row] = self.rows(organiser_api, event)

        assert row["display_name"] == cell

    def test_what_is_no_table_is_answered_all_the_same(self, organiser_api, event, coming):
        path = f"/api/events/{event.pk}/registrations/"

        assert organiser_api.options(f"{path}?format=csv").status_code == 200
        path += f"{coming['first'].pk}/"
        assert organiser_api.delete(f"{path}?format=csv").status_code == 204
        assert organiser_api.delete(f"{path}?format=csv").json()["code"] == "not_registered"

from datetime import timedelta

import pytest
from django.core import signing
from django.utils import timezone

from app.events.models import Event, Registration
from tests.factories import EventFactory, RegistrationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(organiser):
    """One that is on."""
    return EventFactory(created_by=organiser, running=True)


@pytest.fixture
def seat(event, member):
    return RegistrationFactory(event=event, member=member)


def check_in(client, event, **body):
    return client.post(f"/api/events/{event.pk}/check-in/", body)


def mark_no_shows(client, event):
    return client.post(f"/api/events/{event.pk}/no-shows/")


def came(seat):
    seat.refresh_from_db()
    return seat.checked_in_at is not None


class TestCheckIn:
    @pytest.mark.parametrize("who", ["organiser_api", "staff_api"])
    @pytest.mark.parametrize("way", ["code", "registration_id"])
    def test_its_organiser_and_staff_check_a_member_in(self, request, event, seat, who, way):
        named = {"code": seat.check_in_code, "registration_id": seat.pk}

        response = check_in(request.getfixturevalue(who), event, **{way: named[way]})

        assert response.status_code == 200
        body = response.json()
        assert (body["id"], body["member"]["id"]) == (seat.pk, seat.member_id)
        assert (body["status"], body["position"], body["no_show"]) == ("registered", None, False)
        assert body["checked_in_at"].endswith("Z")
        assert came(seat)

    def test_nobody_else_does_not_even_oneself(self, api, member_api, outsider_api, event, seat):
        code = {"code": seat.check_in_code}

        assert check_in(api, event, **code).status_code == 401
        assert check_in(member_api, event, **code).status_code == 403
        assert check_in(outsider_api, event, **code).status_code == 403
        assert not came(seat)

    @pytest.mark.parametrize("days", [1, -1])
    def test_it_may_be_noted_ahead_and_afterwards(self, organiser_api, event, seat, days):
        at = timezone.now() + timedelta(days=days)
        Event.objects.update(start_date=at, end_date=at + timedelta(hours=1))

        assert check_in(organiser_api, event, code=seat.check_in_code).status_code == 200

    @pytest.mark.parametrize(
        "forge",
        [
            lambda seat: str(seat.pk),
            lambda seat: f"{seat.pk}:",
            lambda seat: seat.check_in_code[:-1],
            lambda seat: seat.check_in_code + "x",
            lambda seat: seat.check_in_code.replace(f"{seat.pk}:", f"{seat.pk + 1}:"),
            lambda seat: signing.Signer().sign(str(seat.pk)),
            lambda seat: signing.Signer(key="guessed", salt="app.events.check-in").sign(seat.pk),
            lambda seat: "x" * 101,
            lambda seat: "",
            lambda seat: ["x"],
        ],
    )
    def test_a_code_that_is_forged_is_refused(self, organiser_api, event, seat, forge):
        RegistrationFactory(event=event, pk=seat.pk + 1)

        response = check_in(organiser_api, event, code=forge(seat))

        assert response.status_code == 400
        assert list(response.json()["details"]) == ["code"]
        assert not Registration.objects.exclude(checked_in_at=None).exists()

    @pytest.mark.parametrize("way", ["code", "registration_id"])
    def test_what_is_of_another_event_is_refused(self, organiser_api, organiser, event, way):
        elsewhere = RegistrationFactory(event__created_by=organiser)
        named = {"code": elsewhere.check_in_code, "registration_id": elsewhere.pk}

        response = check_in(organiser_api, event, **{way: named[way]})

        assert response.status_code == 400
        assert response.json()["details"] == {way: ["It is not of this event."]}
        assert not came(elsewhere)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "code"),
            ({"checked_in": False}, "code"),
            ({"registration_id": 2**63}, "registration_id"),
            ({"registration_id": None}, "registration_id"),
        ],
    )
    def test_some_registration_is_to_be_named(self, organiser_api, event, seat, body, field):
        response = check_in(organiser_api, event, **body)

        assert response.status_code == 400
        assert list(response.json()["details"]) == [field]
        assert not came(seat)

    def test_twice_is_once_too_often(self, organiser_api, event, seat):
        check_in(organiser_api, event, code=seat.check_in_code)
        first = Registration.objects.get().checked_in_at

        response = check_in(organiser_api, event, code=seat.check_in_code)

        assert response.status_code == 409
        assert response.json()["code"] == "already_checked_in"
        assert response.json()["detail"] == (
            f"{seat.member.display_name} has been checked in already, at {first:%H:%M}."
        )
        assert Registration.objects.get().checked_in_at == first

    @pytest.mark.parametrize("checked_in", [True, False])
    @pytest.mark.parametrize(
        ("status", "why"),
        [
            ("offered", "in line"),
            ("waitlisted", "in line"),
            ("cancelled", "left"),
            ("expired", "left"),
        ],
    )
    def test_without_a_seat_nobody_is(self, organiser_api, event, status, why, checked_in):
        place = RegistrationFactory(event=event, status=status)

        response = check_in(organiser_api, event, code=place.check_in_code, checked_in=checked_in)

        assert response.status_code == 409
        assert response.json()["code"] == "not_registered"
        assert why in response.json()["detail"]

    def test_at_a_cancelled_event_nobody_is(self, organiser_api, event, seat):
        Event.objects.update(status="cancelled")

        response = check_in(organiser_api, event, code=seat.check_in_code)

        assert response.status_code == 409
        assert response.json()["code"] == "event_cancelled"
        assert not came(seat)

    def test_a_mistake_is_taken_back(self, organiser_api, event, seat):
        check_in(organiser_api, event, registration_id=seat.pk)

        for _ in range(2):
            undone = check_in(organiser_api, event, registration_id=seat.pk, checked_in=False)
            assert (undone.status_code, undone.json()["checked_in_at"]) == (200, None)
        assert not came(seat)
        assert check_in(organiser_api, event, code=seat.check_in_code).status_code == 200


class TestNoShows:
    @pytest.fixture
    def absent(self, event):
        """Two who have a seat and have not come; another has, and others have none."""
        RegistrationFactory(event=event, checked_in_at=timezone.now())
        for status in ("offered", "waitlisted", "cancelled", "expired"):
            RegistrationFactory(event=event, status=status)
        RegistrationFactory()
        return RegistrationFactory.create_batch(2, event=event)

    def marked(self):
        return list(Registration.objects.filter(no_show=True).order_by("id"))

    @pytest.mark.parametrize("days", [0, -1])
    def test_who_has_a_seat_and_has_not_come_is_marked(self, organiser_api, event, absent, days):
        Event.objects.update(
            start_date=event.start_date + timedelta(days=days),
            end_date=event.end_date + timedelta(days=days),
        )

        for _ in range(2):
            response = mark_no_shows(organiser_api, event)
            assert (response.status_code, response.json()) == (200, {"no_shows": 2})
        assert self.marked() == absent

    def test_nobody_is_before_it_begins(self, organiser_api, event, absent):
        Event.objects.update(start_date=timezone.now() + timedelta(seconds=30))

        response = mark_no_shows(organiser_api, event)

        assert response.status_code == 409
        assert response.json()["code"] == "event_not_begun"
        assert self.marked() == []

    def test_nobody_is_at_a_cancelled_event(self, organiser_api, event, absent):
        Event.objects.update(status="cancelled")

        response = mark_no_shows(organiser_api, event)

        assert response.status_code == 409
        assert response.json()["code"] == "event_cancelled"
        assert self.marked() == []

    def test_only_its_organiser_and_staff_mark_them(
        self, api, outsider_api, staff_api, event, absent
    ):
        assert mark_no_shows(api, event).status_code == 401
        assert mark_no_shows(outsider_api, event).status_code == 403
        assert self.marked() == []
        assert mark_no_shows(staff_api, event).status_code == 200

    def test_who_comes_late_has_come(self, organiser_api, event, absent):
        mark_no_shows(organiser_api, event)

        late = check_in(organiser_api, event, code=absent[0].check_in_code)

        assert late.json()["no_show"] is False
        assert self.marked() == absent[1:]
        assert mark_no_shows(organiser_api, event).json() == {"no_shows": 1}

    def test_who_was_marked_does_not_undo_it_by_leaving(self, member_api, organiser_api, seat):
        mark_no_shows(organiser_api, seat.event)

        response = member_api.delete(f"/api/events/{seat.event_id}/register/")

        assert (response.status_code, response.json()["code"]) == (409, "marked_absent")
        assert self.marked() == [seat]

    def test_nobody_has_missed_what_moves_to_another_day(self, organiser_api, event, seat):
        mark_no_shows(organiser_api, event)
        later = timezone.now() + timedelta(days=7)
        dates = {"start_date": later, "end_date": later + timedelta(hours=1)}

        body = {name: at.isoformat() for name, at in dates.items()}
        assert organiser_api.patch(f"/api/events/{event.pk}/", body).status_code == 200

        assert self.marked() == []


def test_a_code_is_shown_to_its_member_alone(
    api, member_api, outsider_api, organiser_api, staff_api, outsider, event, seat
):
    other = RegistrationFactory(event=event, member=outsider)
    paths = [f"/api/events/{event.pk}/{rest}" for rest in ("", "registrations/", "calendar.ics")]
    paths += [f"{paths[1]}?format=csv", "/api/events/", "/api/dashboard/events/"]

    def shown(client):
        content = b"".join(client.get(path).content for path in paths)
        return [each for each in (seat, other) if each.check_in_code.encode() in content]

    assert shown(member_api) == [seat]
    assert shown(outsider_api) == [other]
    assert shown(organiser_api) == shown(staff_api) == shown(api) == []
    answer = check_in(organiser_api, event, registration_id=seat.pk)
    assert seat.check_in_code.encode() not in answer.content


def test_who_is_marked_by_mistake_is_unmarked(organiser_api, event, seat):
    mark_no_shows(organiser_api, event)

    response = check_in(organiser_api, event, registration_id=seat.pk, checked_in=False)

    assert (response.json()["no_show"], response.json()["checked_in_at"]) == (False, None)


class TestWalkIn:
    """A member who comes to the door without having registered."""

    @staticmethod
    def add(client, event, member_id):
        return client.post(f"/api/events/{event.pk}/registrations/", {"member_id": member_id})

    def test_the_organiser_gives_a_seat_though_registration_has_closed(
        self, organiser_api, member_api, event, member
    ):
        closed = member_api.post(f"/api/events/{event.pk}/register/")
        assert closed.json()["code"] == "registration_closed"

        response = self.add(organiser_api, event, member.pk)

        assert response.status_code == 201
        assert response.json()["status"] == "registered"
        assert response.json()["member"]["id"] == member.pk

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"max_participants": 1}, "event_full"),
            ({"status": "draft"}, "event_not_published"),
            ({"status": "cancelled"}, "event_cancelled"),
            ({"end_date": timezone.now()}, "event_over"),
        ],
    )
    def test_no_seat_is_made_for_them(self, organiser_api, event, seat, outsider, fields, code):
        Event.objects.update(**fields)

        response = self.add(organiser_api, event, outsider.pk)

        assert (response.status_code, response.json()["code"]) == (409, code)
        assert Registration.objects.get() == seat

    def test_who_has_a_seat_or_needs_none_is_said(self, organiser_api, organiser, event, seat):
        twice = self.add(organiser_api, event, seat.member_id)
        own = self.add(organiser_api, event, organiser.pk)

        assert [twice.json()["code"], own.json()["code"]] == ["already_registered", "own_event"]

    @pytest.mark.parametrize("member_id", [None, 0, 2**63, "x"])
    def test_the_member_is_to_be_named(self, organiser_api, event, member_id):
        response = self.add(organiser_api, event, member_id)

        assert response.status_code == 400
        assert list(response.json()["details"]) == ["member_id"]

    def test_an_outsider_gives_none(self, outsider_api, event, outsider):
        assert self.add(outsider_api, event, outsider.pk).status_code == 403
        assert not Registration.objects.exists()

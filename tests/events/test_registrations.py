from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.accounts.services import deactivate
from app.core.models import SystemSettings
from app.events import services
from app.events.models import Event, Registration
from app.events.tasks import move_lines
from app.notifications.models import Notification
from tests.factories import EventFactory, RegistrationFactory, UserFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def path_of(event):
    return f"/api/events/{event.pk}/register/"


def change(event, **fields):
    """Set fields past all rules; times as hours from now."""
    now = timezone.now()
    for name in ("start_date", "end_date", "registration_opens", "registration_closes"):
        if name in fields:
            fields[name] = now + HOUR * fields[name]
    Event.objects.filter(pk=event.pk).update(**fields)
    event.refresh_from_db()


def line(event, *statuses):
    """Register others, in that order."""
    return [RegistrationFactory(event=event, status=status) for status in statuses]


def statuses(registrations):
    found = Registration.objects.in_bulk([each.pk for each in registrations])
    return [found[each.pk].status for each in registrations]


def place(response):
    """Answer what registering has come to."""
    return response.json()["status"], response.json()["position"]


class TestRegister:
    def test_nobody_does(self, api, event):
        assert api.post(path_of(event)).status_code == 401
        assert api.delete(path_of(event)).status_code == 401
        assert not Registration.objects.exists()

    @pytest.mark.parametrize("seats", [None, 2])
    def test_where_seats_are_left_a_member_has_one(self, member_api, member, event, seats):
        change(event, max_participants=seats)
        line(event, "registered", "cancelled", "expired")

        response = member_api.post(path_of(event))

        assert response.status_code == 201
        assert place(response) == ("registered", None)
        assert Registration.objects.get(member=member).status == "registered"

    @pytest.mark.parametrize("taken", ["registered", "offered"])
    def test_where_none_are_left_a_member_has_a_place_in_line(self, sign_in, member_api, taken):
        # Elsewhere there is a line of its own.
        elsewhere, event = EventFactory.create_batch(2, max_participants=1)
        line(elsewhere, "registered", "waitlisted")
        line(event, taken)

        places = [
            place(client.post(path_of(event))) for client in (member_api, sign_in(UserFactory()))
        ]

        assert places == [("waitlisted", 1), ("waitlisted", 2)]

    @pytest.mark.parametrize(
        ("fields", "status", "code"),
        [
            ({"max_participants": 1, "waiting_list": False}, 409, "event_full"),
            ({"max_participants": 2, "waiting_list": False}, 201, None),
            ({"registration_opens": 1}, 409, "registration_not_open"),
            ({"registration_opens": -1}, 201, None),
            ({"registration_closes": -1}, 409, "registration_closed"),
            ({"registration_closes": 1}, 201, None),
            ({"start_date": -1, "end_date": 1}, 409, "registration_closed"),
            ({"start_date": -1, "end_date": 2, "registration_closes": 1}, 201, None),
            ({"start_date": -2, "end_date": -1}, 409, "event_over"),
            ({"start_date": -2, "end_date": -1, "registration_closes": -1}, 409, "event_over"),
            ({"status": "cancelled"}, 409, "event_cancelled"),
            ({"status": "cancelled", "start_date": -2, "end_date": -1}, 409, "event_cancelled"),
            ({"status": "draft"}, 404, "not_found"),
        ],
    )
    def test_it_is_refused_for_a_reason(self, member_api, member, event, fields, status, code):
        line(event, "registered")
        change(event, **fields)

        response = member_api.post(path_of(event))

        assert response.status_code == status
        assert response.json().get("code") == code
        assert Registration.objects.filter(member=member).exists() == (status == 201)

    def test_a_draft_is_for_nobody_to_register_for(self, organiser_api, staff_api, event):
        change(event, status="draft")

        assert staff_api.post(path_of(event)).json()["code"] == "event_not_published"
        assert organiser_api.post(path_of(event)).json()["code"] == "own_event"

    def test_an_organiser_needs_no_seat(self, organiser_api, event):
        response = organiser_api.post(path_of(event))

        assert response.status_code == 409
        assert response.json()["code"] == "own_event"

    @pytest.mark.parametrize("seats", [1, 2])
    def test_nobody_registers_twice(self, member_api, event, seats):
        change(event, max_participants=seats)
        line(event, "registered")
        member_api.post(path_of(event))

        response = member_api.post(path_of(event))

        assert response.status_code == 409
        assert response.json()["code"] == "already_registered"
        assert Registration.objects.count() == 2

    def test_a_free_seat_is_not_taken_from_under_who_waits_for_it(self, member_api, event):
        change(event, max_participants=2)
        waiting = line(event, "registered", "waitlisted")

        assert place(member_api.post(path_of(event))) == ("waitlisted", 1)
        assert statuses(waiting) == ["registered", "registered"]


class TestLeave:
    @pytest.mark.parametrize("has", ["registered", "offered", "waitlisted"])
    def test_a_member_gives_back_what_they_have(self, member_api, member, event, has):
        mine = RegistrationFactory(event=event, member=member, status=has)

        assert member_api.delete(path_of(event)).status_code == 204

        mine.refresh_from_db()
        assert mine.status == "cancelled"
        assert mine.ended_at is not None
        assert member_api.get(f"/api/events/{event.pk}/").json()["my_registration"] is None

    @pytest.mark.parametrize("had", [None, "cancelled", "expired"])
    def test_who_has_nothing_gives_nothing_back(self, member_api, member, event, had):
        if had:
            RegistrationFactory(event=event, member=member, status=had)
        others = line(event, "registered")

        response = member_api.delete(path_of(event))

        assert response.status_code == 409
        assert response.json()["code"] == "not_registered"
        assert statuses(others) == ["registered"]

    @pytest.mark.parametrize(
        ("of_event", "of_seat", "code"),
        [
            ({"start_date": -2, "end_date": -1}, {}, "event_over"),
            ({"start_date": -1}, {"checked_in_at": timezone.now()}, "already_checked_in"),
        ],
    )
    def test_what_has_been_used_stays(self, member_api, member, event, of_event, of_seat, code):
        RegistrationFactory(event=event, member=member, **of_seat)
        change(event, **of_event)

        response = member_api.delete(path_of(event))

        assert response.status_code == 409
        assert response.json()["code"] == code
        assert Registration.objects.get().status == "registered"

    @pytest.mark.parametrize(
        ("has", "others"),
        [
            ("registered", ["registered", "registered", "waitlisted"]),
            ("offered", ["registered", "registered", "waitlisted"]),
            ("waitlisted", ["registered", "waitlisted", "waitlisted"]),
        ],
    )
    def test_a_seat_goes_to_the_first_in_line_who_is_told(
        self, member_api, member, event, told, has, others
    ):
        change(event, max_participants=1 if has == "waitlisted" else 2)
        first = line(event, "registered")
        RegistrationFactory(event=event, member=member, status=has)
        waiting = [*first, *line(event, "waitlisted", "waitlisted")]

        member_api.delete(path_of(event))

        assert statuses(waiting) == others
        assert told("You have a seat") == [waiting[1].member_id] * (has != "waitlisted")

    def test_a_seat_at_a_cancelled_event_goes_to_nobody(self, member_api, member, event):
        RegistrationFactory(event=event, member=member)
        waiting = line(event, "waitlisted")
        change(event, max_participants=1, status="cancelled")

        assert member_api.delete(path_of(event)).status_code == 204
        assert statuses(waiting) == ["waitlisted"]

    def test_who_comes_back_is_the_last_in_line_and_the_past_stays(self, member_api, member, event):
        change(event, max_participants=1)
        RegistrationFactory(event=event, member=member)
        line(event, "waitlisted", "waitlisted")
        member_api.delete(path_of(event))

        assert place(member_api.post(path_of(event))) == ("waitlisted", 2)
        mine = Registration.objects.filter(member=member).order_by("id")
        assert [each.status for each in mine] == ["cancelled", "waitlisted"]


class TestOffers:
    @pytest.fixture
    def seat(self, member):
        """An event with one seat, which is offered, to the member, and one more in line."""
        event = EventFactory(max_participants=1, offer_hours=24)
        offer = RegistrationFactory(event=event, member=member, status="waitlisted")
        line(event, "waitlisted")
        move_lines.call()
        offer.refresh_from_db()
        return offer

    def expire(self, offer):
        Registration.objects.filter(pk=offer.pk).update(offer_expires_at=timezone.now())

    def next_of(self, offer):
        return (
            Registration.objects.active().filter(event=offer.event, pk__gt=offer.pk).earliest("id")
        )

    def test_a_seat_that_is_offered_is_held(self, api, member_api, outsider_api, seat, told):
        assert timezone.now() + 23 * HOUR < seat.offer_expires_at <= timezone.now() + 24 * HOUR
        assert told("is kept for you") == [seat.member_id]
        mine = member_api.get(f"/api/events/{seat.event_id}/").json()["my_registration"]
        assert (mine["status"], mine["position"]) == ("offered", None)
        assert mine["offer_expires_at"] is not None
        counts = {"registered_count": 0, "seats_left": 0, "waitlist_count": 1}
        shown = api.get(f"/api/events/{seat.event_id}/").json()
        assert shown | counts == shown
        assert outsider_api.post(path_of(seat.event)).json()["position"] == 2

    @pytest.mark.parametrize("fields", [{}, {"registration_closes": -1}, {"waiting_list": False}])
    def test_who_registers_takes_it(self, member_api, seat, fields):
        change(seat.event, **fields)

        response = member_api.post(path_of(seat.event))

        assert response.status_code == 201
        assert place(response) == ("registered", None)
        seat.refresh_from_db()
        assert (seat.status, seat.offer_expires_at) == ("registered", None)
        assert member_api.post(path_of(seat.event)).json()["code"] == "already_registered"

    def test_it_is_nobody_elses_to_take(self, outsider_api, seat):
        outsider_api.post(path_of(seat.event))

        seat.refresh_from_db()
        assert seat.status == "offered"

    def test_who_lets_it_expire_loses_it_to_the_next(self, seat, told):
        move_lines.call()
        assert statuses([seat]) == ["offered"]
        self.expire(seat)

        for _ in range(2):
            move_lines.call()

        seat.refresh_from_db()
        assert (seat.status, seat.offer_expires_at) == ("expired", None)
        assert seat.ended_at is not None
        assert told("is not kept for you any more") == [seat.member_id]
        after = self.next_of(seat)
        assert after.status == "offered"
        assert told("is kept for you") == [seat.member_id, after.member_id]

    def test_too_late_is_the_end_of_the_line_also_before_the_schedule_has_run(
        self, member_api, seat
    ):
        self.expire(seat)

        assert place(member_api.post(path_of(seat.event))) == ("waitlisted", 1)
        assert self.next_of(seat).status == "offered"

    def test_who_leaves_offers_the_seat_to_the_next(self, member_api, seat):
        member_api.delete(path_of(seat.event))

        assert self.next_of(seat).status == "offered"

    def test_it_ends_as_the_event_begins(self, member_api, seat):
        change(seat.event, start_date=2)

        member_api.delete(path_of(seat.event))

        assert self.next_of(seat).offer_expires_at == seat.event.start_date

    def test_once_the_event_has_begun_a_seat_is_given_and_not_offered(self, seat, told):
        change(seat.event, start_date=-1)
        self.expire(seat)

        move_lines.call()

        after = self.next_of(seat)
        assert after.status == "registered"
        assert told("You have a seat") == [after.member_id]


class TestTakenOut:
    def path(self, registration):
        return f"/api/events/{registration.event_id}/registrations/{registration.pk}/"

    @pytest.mark.parametrize("who", ["organiser_api", "staff_api"])
    @pytest.mark.parametrize("status", Registration.ACTIVE)
    def test_its_organiser_and_staff_take_a_member_out_who_is_told(
        self, request, event, told, who, status
    ):
        change(event, max_participants=1)
        [out] = line(event, status)
        after = line(event, "waitlisted")

        response = request.getfixturevalue(who).delete(self.path(out))

        assert response.status_code == 204
        assert statuses([out, *after]) == ["cancelled", "registered"]
        assert told("You are no longer registered") == [out.member_id]
        assert told("You have a seat") == [after[0].member_id]

    def test_nobody_else_does(self, api, member_api, member, event):
        mine = RegistrationFactory(event=event, member=member)

        assert api.delete(self.path(mine)).status_code == 401
        assert member_api.delete(self.path(mine)).status_code == 403
        assert statuses([mine]) == ["registered"]

    def test_an_organiser_takes_nobody_out_of_another_event(self, organiser_api, event):
        [elsewhere] = line(EventFactory(), "registered")

        path = f"/api/events/{event.pk}/registrations/{elsewhere.pk}/"
        assert organiser_api.delete(path).status_code == 404
        assert organiser_api.delete(self.path(elsewhere)).status_code == 403
        assert statuses([elsewhere]) == ["registered"]

    @pytest.mark.parametrize(
        ("of_event", "of_seat", "code"),
        [
            ({}, {"status": "cancelled"}, "not_registered"),
            ({}, {"status": "expired"}, "not_registered"),
            ({"start_date": -2, "end_date": -1}, {}, "event_over"),
            ({}, {"checked_in_at": timezone.now()}, "already_checked_in"),
        ],
    )
    def test_who_has_left_or_come_stays_so(
        self, organiser_api, event, told, of_event, of_seat, code
    ):
        change(event, **of_event)
        registration = RegistrationFactory(event=event, **of_seat)

        response = organiser_api.delete(self.path(registration))

        assert response.status_code == 409
        assert response.json()["code"] == code
        assert told("") == []


class TestSchedule:
    def test_a_deleted_members_seat_goes_to_the_first_in_line(self, event, told):
        change(event, max_participants=1)
        [gone, *waiting] = line(event, "registered", "waitlisted", "waitlisted")
        gone.member.delete()

        move_lines.call()

        assert statuses(waiting) == ["registered", "waitlisted"]
        assert told("You have a seat") == [waiting[0].member_id]

    @pytest.mark.parametrize(
        "fields",
        [
            {"status": "cancelled"},
            {"start_date": -2, "end_date": -1},
            {"max_participants": 1},
        ],
    )
    def test_where_there_is_nothing_to_give_nobody_moves(self, event, fields):
        waiting = line(event, "registered", "waitlisted")
        change(event, **{"max_participants": 2, **fields})

        move_lines.call()

        assert statuses(waiting) == ["registered", "waitlisted"]

    def test_each_event_has_its_own_line(self):
        free, full = (EventFactory(max_participants=seats) for seats in (2, 1))
        lines = [line(each, "registered", "waitlisted", "waitlisted") for each in (free, full)]

        assert services.move_lines() == 1
        assert [statuses(each)[1:] for each in lines] == [
            ["registered", "waitlisted"],
            ["waitlisted", "waitlisted"],
        ]


class TestShown:
    @pytest.fixture
    def busy(self, event):
        """Five seats, of which two are taken and one is offered; two in line, two gone."""
        change(event, max_participants=5)
        line(event, *["registered"] * 2, "offered", *["waitlisted"] * 2, "cancelled", "expired")
        line(EventFactory(), "registered")
        return event

    @pytest.mark.parametrize("who", ["api", "member_api"])
    def test_lists_and_details_count_who_comes_and_who_waits(self, request, busy, who):
        client = request.getfixturevalue(who)
        counts = {
            "registered_count": 2,
            "seats_left": 2,
            "waitlist_count": 2,
            "my_registration": None,
        }

        detail = client.get(f"/api/events/{busy.pk}/").json()
        listed = {event["id"]: event for event in client.get("/api/events/").json()["results"]}

        assert detail | counts == detail == listed[busy.pk]

    @pytest.mark.parametrize(("start", "is_upcoming"), [(1, True), (-1, False)])
    def test_an_event_is_upcoming_until_it_begins(self, api, event, start, is_upcoming):
        change(event, start_date=start)

        assert api.get(f"/api/events/{event.pk}/").json()["is_upcoming"] is is_upcoming

    @pytest.mark.parametrize(
        ("status", "position"), [("registered", None), ("offered", None), ("waitlisted", 3)]
    )
    def test_a_member_sees_their_own_place_and_nobody_elses(
        self, api, member_api, outsider_api, member, busy, status, position
    ):
        mine = RegistrationFactory(event=busy, member=member, status=status)

        def shown(client):
            detail = client.get(f"/api/events/{busy.pk}/").json()["my_registration"]
            listed = client.get("/api/events/").json()["results"]
            assert [each["my_registration"] for each in listed if each["id"] == busy.pk] == [detail]
            return detail

        found = shown(member_api)
        assert found | {"id": mine.pk, "status": status, "position": position} == found
        assert shown(outsider_api) is shown(api) is None


def test_what_it_costs_does_not_grow_with_the_line(sign_in, event):
    def cost(waiting):
        change(event, max_participants=1)
        Registration.objects.all().delete()
        [first] = line(event, "registered")
        others = User.objects.bulk_create(UserFactory.build_batch(waiting))
        Registration.objects.bulk_create(
            Registration(event=event, member=each, status="waitlisted") for each in others
        )
        client, leaving = sign_in(UserFactory()), sign_in(first.member)
        with CaptureQueriesContext(connection) as to_register:
            assert client.post(path_of(event)).json()["position"] == waiting + 1
        with CaptureQueriesContext(connection) as to_leave:
            assert leaving.delete(path_of(event)).status_code == 204
        assert Registration.objects.registered().get().member_id == others[0].pk
        return len(to_register), len(to_leave)

    SystemSettings.load()
    few = cost(3)
    many = cost(300)

    assert few == many
    assert sum(few) <= 25


def test_who_is_deactivated_keeps_the_place_and_is_given_no_seat(event):
    change(event, max_participants=1)
    seat, away, next_one = line(event, "registered", "waitlisted", "waitlisted")
    deactivate(user=away.member)

    services.leave(event=event, member=seat.member)

    assert statuses([away, next_one]) == ["waitlisted", "registered"]
    services.leave(event=event, member=next_one.member)
    assert statuses([away]) == ["waitlisted"]
    assert not Event.objects.unsettled(timezone.now()).exists()


@pytest.mark.parametrize("hours", [1, -1])
def test_an_offer_stands_as_it_was_made_when_the_start_moves_closer(
    sign_in, event, organiser_api, hours
):
    change(event, max_participants=1, offer_hours=48, end_date=240)
    seat, waits = line(event, "registered", "waitlisted")
    services.leave(event=event, member=seat.member)
    promised = Registration.objects.get(pk=waits.pk).offer_expires_at

    start = {"start_date": (timezone.now() + HOUR * hours).isoformat()}
    assert organiser_api.patch(f"/api/events/{event.pk}/", start).status_code == 200

    waits.refresh_from_db()
    assert (waits.status, waits.offer_expires_at) == ("offered", promised)
    taken = sign_in(waits.member).post(path_of(event))
    assert place(taken) == ("registered", None)


def test_an_offer_that_is_over_holds_no_seat_against_the_organiser(event):
    change(event, max_participants=2)
    line(event, "registered", "offered")
    Registration.objects.filter(status="offered").update(offer_expires_at=timezone.now())

    services.update_event(event=event, max_participants=1)

    assert event.registrations.seated().count() == 1


def test_who_is_offered_a_seat_is_told_that_the_event_is_cancelled(event, told):
    [offered] = line(event, "offered")
    Registration.objects.update(offer_expires_at=timezone.now() - HOUR)

    services.update_event(event=event, status="cancelled")

    assert told("is cancelled") == [offered.member_id]
    assert told("kept for you") == []


@pytest.mark.parametrize(("closes", "words"), [(None, True), (-1, False)])
def test_who_can_register_again_is_told_so(event, closes, words):
    change(event, max_participants=1)
    if closes:
        change(event, registration_closes=closes)
    line(event, "offered")
    Registration.objects.update(offer_expires_at=timezone.now() - HOUR)

    move_lines.call()

    [body] = Notification.objects.values_list("body", flat=True)
    assert ("register again" in body) is words

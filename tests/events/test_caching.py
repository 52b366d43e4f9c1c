"""What nobody in particular is answered is kept until it changes, and members' own is not kept."""

from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.db import transaction
from django_redis import get_redis_connection

from app.core.models import SystemSettings
from app.events.models import Event, Registration
from app.events.tasks import move_lines
from tests.core.test_response_cache import keep, queries_of
from tests.factories import EventFactory, RegistrationFactory, UserFactory

# Inside of a transaction nothing is kept.
pytestmark = pytest.mark.django_db(transaction=True)

PLACES = {
    "list": "/api/events/",
    "filtered": "/api/events/?status=published&ordering=-start_date",
    "detail": "/api/events/{event}/",
    "calendar": "/api/events/{event}/calendar.ics",
    "calendars": "/api/events/calendar.ics",
}
JSON = ["list", "filtered", "detail"]
ALL = [*PLACES]


@pytest.fixture
def world(sign_in, organiser_api, organiser):
    """An event with one seat, which is taken, and one member in line; and another event."""
    event = EventFactory(created_by=organiser, max_participants=1)
    seat = RegistrationFactory(event=event)
    waiting = RegistrationFactory(event=event, status="waitlisted")
    return SimpleNamespace(
        event=event,
        idle=EventFactory(created_by=organiser),
        organiser_api=organiser_api,
        seat=seat,
        seat_api=sign_in(seat.member),
        waiting=waiting,
        newcomer_api=sign_in(UserFactory()),
    )


def address(world, place):
    return PLACES[place].format(event=world.event.pk)


def kept():
    return get_redis_connection("default").keys("answer:*")


@pytest.mark.parametrize("place", PLACES)
def test_what_nobody_was_answered_is_answered_again_without_the_database(api, world, place):
    path = address(world, place)
    with transaction.atomic():
        made = api.get(path)

    again = keep(path)
    same, queries = queries_of(api, path, headers={"If-None-Match": made["ETag"]})

    assert again.content == made.content
    assert again["Content-Type"] == made["Content-Type"]
    assert again["Cache-Control"].startswith("public, max-age=0, s-maxage=")
    assert (same.status_code, same.content, queries) == (304, b"", 0)
    for answer in (made, again, same):
        assert answer["ETag"] == made["ETag"]
    if place != "calendars":
        # The same address has another answer for who is signed in.
        for answer in (made, again, same):
            assert {"Authorization", "Cookie"} <= set(answer["Vary"].split(", "))


@pytest.mark.parametrize("place", ["list", "detail", "calendar"])
def test_who_is_signed_in_is_answered_anew_and_nothing_is_kept(world, member_api, place):
    path = address(world, place)
    before = keep(path)
    answers = kept()

    for _ in range(2):
        answer, queries = queries_of(member_api, path, headers={"If-None-Match": before["ETag"]})
        assert (answer.status_code, queries > 0) == (200, True)
        assert answer["Cache-Control"] == "no-store"
        assert "ETag" not in answer
        assert {"Authorization", "Cookie"} <= set(answer["Vary"].split(", "))

    assert kept() == answers
    assert keep(path).content == before.content


@pytest.mark.parametrize("path", ["/api/dashboard/events/", "/api/events/{event}/registrations/"])
def test_what_is_the_organisers_is_not_kept(world, path):
    for _ in range(2):
        answer = world.organiser_api.get(path.format(event=world.event.pk))
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
        assert "ETag" not in answer
    assert kept() == []


@pytest.mark.parametrize("place", ["detail", "calendar"])
def test_a_draft_is_kept_for_nobody(api, organiser_api, world, place):
    Event.objects.update(status="draft")
    path = address(world, place)

    for _ in range(2):
        assert organiser_api.get(path).status_code == 200
        refused = api.get(path)
        assert (refused.status_code, refused["Cache-Control"]) == (404, "no-store")
    assert kept() == []


def change(**changes):
    def write(world):
        path = f"/api/events/{world.event.pk}/"
        assert world.organiser_api.patch(path, changes).status_code == 200

    return write


def create(world):
    body = {
        "title": "New",
        "status": "published",
        "start_date": "2050-01-01T19:00:00Z",
        "end_date": "2050-01-01T23:00:00Z",
    }
    assert world.organiser_api.post("/api/events/", body).status_code == 201


def delete(world):
    assert world.organiser_api.delete(f"/api/events/{world.idle.pk}/").status_code == 204


def register(world):
    path = f"/api/events/{world.event.pk}/register/"
    assert world.newcomer_api.post(path).status_code == 201


def leave(world):
    assert world.seat_api.delete(f"/api/events/{world.event.pk}/register/").status_code == 204


def take_out(world):
    path = f"/api/events/{world.event.pk}/registrations/{world.waiting.pk}/"
    assert world.organiser_api.delete(path).status_code == 204


def promote_by_the_schedule(world):
    world.seat.member.delete()
    move_lines.call()


def rename_the_organiser(world):
    body = {"nickname": "Countess"}
    assert world.organiser_api.patch("/api/users/me/", body).status_code == 200


def lose_the_organiser(world):
    assert world.organiser_api.delete("/api/users/me/").status_code == 204


def change_the_time_zone(world):
    SystemSettings.objects.update(timezone="Asia/Tokyo")


def in_bulk(model, **fields):
    return lambda world: model.objects.update(**fields)


WRITES = [
    ("create", create, ["list", "filtered", "calendars"]),
    ("change", change(title="Renamed"), ALL),
    ("more seats", change(max_participants=2), JSON),
    ("cancel", change(status="cancelled"), ALL),
    ("withdraw", lambda world: Event.objects.filter(pk=world.idle.pk).update(status="draft"),
     ["list", "filtered", "calendars"]),
    ("delete", delete, ["list", "filtered", "calendars"]),
    ("register", register, JSON),
    ("leave, and promote", leave, JSON),
    ("take out", take_out, JSON),
    ("promote by the schedule", promote_by_the_schedule, JSON),
    ("rename the organiser", rename_the_organiser, JSON),
    ("lose the organiser", lose_the_organiser, JSON),
    ("change the time zone", change_the_time_zone, ["calendar", "calendars"]),
    ("events in bulk", in_bulk(Event, title="Renamed"), ALL),
    ("registrations in bulk", in_bulk(Registration, status="cancelled"), JSON),
]  # fmt: skip


@pytest.mark.parametrize(
    ("write", "places"), [pytest.param(*write, id=name) for name, *write in WRITES]
)
def test_a_write_is_in_the_next_read(api, world, write, places):
    SystemSettings.load()
    paths = [address(world, place) for place in places]
    before = [keep(path) for path in paths]

    write(world)

    after = [
        api.get(path, headers={"If-None-Match": answer["ETag"]})
        for path, answer in zip(paths, before, strict=True)
    ]
    cache.clear()
    for path, old, new in zip(paths, before, after, strict=True):
        assert new.status_code == 200, path
        assert new.content != old.content, path
        assert new.content == api.get(path).content


def test_a_check_in_is_in_the_next_read(world):
    def come():
        dashboard = world.organiser_api.get("/api/dashboard/events/").json()["results"]
        registrations = world.organiser_api.get(f"/api/events/{world.event.pk}/registrations/")
        own = world.seat_api.get(f"/api/events/{world.event.pk}/").json()["my_registration"]
        return (
            sum(event["checked_in_count"] for event in dashboard),
            sum(row["checked_in_at"] is not None for row in registrations.json()["results"]),
            own["checked_in_at"] is not None,
        )

    assert come() == (0, 0, False)

    body = {"code": world.seat.check_in_code}
    path = f"/api/events/{world.event.pk}/check-in/"
    assert world.organiser_api.post(path, body).status_code == 200

    assert come() == (1, 1, True)


def test_what_is_gone_is_not_answered_any_more(api, world):
    path = f"/api/events/{world.idle.pk}/"
    keep(path)

    delete(world)

    assert api.get(path).status_code == 404

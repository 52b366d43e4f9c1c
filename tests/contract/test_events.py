"""Events, as their organiser, another member, staff and nobody meet them."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.contract import expect
from tests.contract.sites import unique

CALLERS = ["nobody", "other", "owner", "staff"]


def moment(**later):
    found = datetime.now(UTC).replace(microsecond=0) + timedelta(**later)
    return found.isoformat().replace("+00:00", "Z")


@pytest.fixture
def callers(api, outsider_api, member_api, staff_api):
    return dict(zip(CALLERS, [api, outsider_api, member_api, staff_api], strict=True))


@pytest.fixture
def event(member_api):
    """Makes events of the member's."""

    def create(**fields):
        body = {
            "title": unique("In-house"),
            "start_date": moment(days=3),
            "end_date": moment(days=3, hours=4),
            "status": "published",
            **fields,
        }
        answer = member_api.post("/api/events/", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return create


def path(event, rest=""):
    return f"/api/events/{event['id']}/{rest}"


def statuses(callers, method, url, **kwargs):
    return [callers[name].request(method, url, **kwargs).status_code for name in CALLERS]


def test_an_event_is_made_read_changed_and_deleted(api, member_api, event):
    made = event(max_participants=10, location="Voice channel", description="Three games.")
    assert made["created_by"]["id"] == member_api.user["id"]
    counts = ("registered_count", "seats_left", "waitlist_count")
    assert [made[name] for name in counts] == [0, 10, 0]
    assert made["is_upcoming"] is True
    assert made["my_registration"] is None
    assert api.get(path(made)).json() == made

    changed = member_api.patch(path(made), json={"title": "Renamed"})
    assert changed.status_code == 200, changed.text
    assert changed.json() == made | {
        "title": "Renamed",
        "updated_at": changed.json()["updated_at"],
    }
    assert api.get(path(made)).json()["title"] == "Renamed"

    whole = {name: made[name] for name in ("title", "start_date", "end_date", "status")}
    assert member_api.put(path(made), json=whole).json()["title"] == made["title"]
    assert member_api.delete(path(made)).status_code == 204
    expect.refused(api.get(path(made)), 404, "not_found")


def test_an_events_wrong_fields_are_named(member_api, event):
    wrong = {
        "title": "Two\nlines",
        "cover": "no-address",
        "start_date": "tomorrow",
        "max_participants": 0,
        "status": "over",
        "offer_hours": 1000,
    }
    expect.invalid(member_api.post("/api/events/", json=wrong), *wrong, "end_date")

    made = event()
    earlier = {"end_date": moment(days=1)}
    expect.invalid(member_api.patch(path(made), json=earlier), "end_date")
    expect.invalid(member_api.patch(path(made), json={"start_date": moment(days=4)}), "end_date")


def test_who_may_change_an_event(callers, event):
    made = event()
    whole = {name: made[name] for name in ("title", "start_date", "end_date")}

    assert statuses(callers, "POST", "/api/events/", json=whole) == [401, 201, 201, 201]
    assert statuses(callers, "GET", path(made)) == [200] * 4
    assert statuses(callers, "PATCH", path(made), json={"location": "?"}) == [401, 403, 200, 200]
    assert statuses(callers, "PUT", path(made), json=whole) == [401, 403, 200, 200]
    assert statuses(callers, "DELETE", path(made)) == [401, 403, 204, 404]


def test_a_draft_is_there_for_its_organiser_and_staff_alone(callers, event):
    draft = event(status="draft")
    seen = [404, 404, 200, 200]

    assert statuses(callers, "GET", path(draft)) == seen
    assert statuses(callers, "GET", path(draft, "calendar.ics")) == seen
    assert statuses(callers, "PATCH", path(draft), json={}) == [401, 404, 200, 200]
    assert statuses(callers, "POST", path(draft, "register/")) == [401, 404, 409, 409]
    assert statuses(callers, "GET", path(draft, "registrations/")) == [401, 404, 200, 200]
    found = [
        caller.get("/api/events/", params={"q": draft["title"]}).json()["count"]
        for caller in callers.values()
    ]
    assert found == [0, 0, 1, 1]


def test_a_seat_is_taken_awaited_and_given_back(site, api, member_api, outsider_api, event):
    made = event(max_participants=1)
    late = site.sign_up(unique("late"))

    taken = outsider_api.post(path(made, "register/"))
    assert taken.status_code == 201, taken.text
    assert taken.json() == outsider_api.get(path(made)).json()["my_registration"]
    assert (taken.json()["status"], taken.json()["position"]) == ("registered", None)
    waits = late.post(path(made, "register/")).json()
    assert (waits["status"], waits["position"]) == ("waitlisted", 1)
    expect.refused(late.post(path(made, "register/")), 409, "already_registered")

    shown = late.get(path(made)).json()
    assert (shown["registered_count"], shown["seats_left"], shown["waitlist_count"]) == (1, 0, 1)
    assert (shown["my_registration"]["status"], shown["my_registration"]["position"]) == (
        "waitlisted",
        1,
    )
    assert api.get(path(made)).json()["my_registration"] is None

    assert outsider_api.delete(path(made, "register/")).status_code == 204
    expect.refused(outsider_api.delete(path(made, "register/")), 409, "not_registered")
    assert late.get(path(made)).json()["my_registration"]["status"] == "registered"
    assert api.get(path(made)).json()["waitlist_count"] == 0


def test_registering_is_refused_with_the_reason(callers, event):
    def refused(code, caller="other", **fields):
        answer = callers[caller].post(path(event(**fields), "register/"))
        expect.refused(answer, 409, code)

    refused("own_event", caller="owner")
    refused("event_not_published", caller="staff", status="draft")
    refused("registration_not_open", registration_opens=moment(days=1))
    refused("registration_closed", registration_closes=moment(days=-1))
    refused("registration_closed", start_date=moment(hours=-1))
    over = {"start_date": moment(days=-2), "end_date": moment(days=-1)}
    refused("event_over", **over)

    full = event(max_participants=1, waiting_list=False)
    assert callers["other"].post(path(full, "register/")).status_code == 201
    expect.refused(callers["staff"].post(path(full, "register/")), 409, "event_full")
    cancelled = event()
    callers["owner"].patch(path(cancelled), json={"status": "cancelled"})
    expect.refused(callers["other"].post(path(cancelled, "register/")), 409, "event_cancelled")


def test_an_organiser_sees_who_comes_and_checks_them_in(callers, event):
    made = event()
    assert callers["other"].post(path(made, "register/")).status_code == 201
    mine = callers["other"].get(path(made)).json()["my_registration"]
    listed = callers["owner"].get(path(made, "registrations/")).json()
    assert [row["member"]["id"] for row in listed["results"]] == [callers["other"].user["id"]]
    assert mine["check_in_code"] not in str(listed)
    assert statuses(callers, "GET", path(made, "registrations/")) == [401, 403, 200, 200]

    door = path(made, "check-in/")
    body = {"code": mine["check_in_code"]}
    expect.refused(callers["nobody"].post(door, json=body), 401, "not_authenticated")
    expect.refused(callers["other"].post(door, json=body), 403, "permission_denied")
    expect.invalid(callers["owner"].post(door, json={"code": "1:forged"}), "code")
    expect.invalid(callers["owner"].post(door, json={}), "code")
    came = callers["owner"].post(door, json=body)
    assert came.status_code == 200, came.text
    assert came.json()["checked_in_at"]
    expect.refused(callers["staff"].post(door, json=body), 409, "already_checked_in")
    undone = {"registration_id": mine["id"], "checked_in": False}
    assert callers["staff"].post(door, json=undone).json()["checked_in_at"] is None

    expect.refused(callers["owner"].post(path(made, "no-shows/")), 409, "event_not_begun")
    one = path(made, f"registrations/{mine['id']}/")
    assert statuses(callers, "DELETE", one) == [401, 403, 204, 409]


def test_who_has_not_come_is_marked(callers, event):
    running = event(start_date=moment(hours=-1), registration_closes=moment(hours=1))
    assert callers["other"].post(path(running, "register/")).status_code == 201

    assert statuses(callers, "POST", path(running, "no-shows/")) == [401, 403, 200, 200]

    shown = callers["owner"].get("/api/dashboard/events/", params={"q": running["title"]}).json()
    assert [row["no_show_count"] for row in shown["results"]] == [1]


def test_registrations_come_as_a_table(callers, event):
    made = event()
    callers["other"].post(path(made, "register/"))

    answer = callers["owner"].get(path(made, "registrations/"), params={"format": "csv"})

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    [row] = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["username"], row["status"]) == (callers["other"].user["username"], "registered")
    url = path(made, "registrations/?format=csv")
    expect.refused(callers["other"].get(url), 403, "permission_denied")


def test_a_dashboard_is_of_ones_own_events(callers, event):
    made = event(status="draft")

    listed = callers["owner"].get("/api/dashboard/events/", params={"q": made["title"]}).json()

    assert [row["id"] for row in listed["results"]] == [made["id"]]
    assert "my_registration" not in listed["results"][0]
    others = callers["staff"].get("/api/dashboard/events/", params={"q": made["title"]}).json()
    assert others["results"] == []
    expect.refused(callers["nobody"].get("/api/dashboard/events/"), 401, "not_authenticated")


def test_events_are_filtered_and_ordered(api, outsider_api, event):
    word = unique("night")
    first = event(title=f"{word} b", start_date=moment(days=2))
    second = event(title=f"{word} a", end_date=moment(days=9))
    outsider_api.post(path(second, "register/"))

    def ids(caller=api, **params):
        answer = caller.get("/api/events/", params={"q": word, **params})
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()["results"]]

    assert ids() == [first["id"], second["id"]]
    assert ids(ordering="title") == [second["id"], first["id"]]
    assert ids(start_date=second["start_date"]) == [second["id"]]
    assert ids(end_date=first["end_date"]) == [first["id"]]
    assert ids(status="cancelled") == []
    assert ids(outsider_api, mine="true") == [second["id"]]
    expect.refused(api.get("/api/events/", params={"mine": "true"}), 401, "not_authenticated")
    wrong = {"status": "over", "start_date": "soon", "end_date": "0", "ordering": "seats"}
    for name, value in wrong.items():
        expect.invalid(api.get("/api/events/", params={name: value}), name)


def test_calendars_are_to_be_subscribed_to(api, callers, event):
    made = event()
    callers["other"].post(path(made, "register/"))

    for url in (path(made, "calendar.ics"), "/api/events/calendar.ics"):
        answer = api.get(url, headers={"accept": "text/calendar"})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        assert f"SUMMARY:{made['title']}" in answer.text
        again = api.get(url, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    assert statuses(callers, "POST", "/api/dashboard/calendar/") == [401, 201, 201, 201]
    feed = callers["other"].post("/api/dashboard/calendar/").json()["url"]
    answer = api.get(feed)
    assert f"SUMMARY:{made['title']}" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert callers["other"].delete("/api/dashboard/calendar/").status_code == 204
    expect.refused(api.get(feed), 404, "not_found")


def test_a_cdn_may_hold_what_is_public_and_nothing_else(callers, event):
    made = event()
    for url in ("/api/events/", path(made), path(made, "calendar.ics")):
        public = callers["nobody"].get(url)
        assert "s-maxage=" in public.headers["cache-control"]
        assert public.headers["etag"]
        for name in CALLERS[1:]:
            private = callers[name].get(url)
            assert private.headers["cache-control"] == "no-store"
            assert "etag" not in private.headers
            assert {"Authorization", "Cookie"} <= set(private.headers["vary"].split(", "))
        again = callers["nobody"].get(url, headers={"if-none-match": public.headers["etag"]})
        assert again.status_code == 304


def test_a_write_is_in_the_next_read(api, member_api, outsider_api, event):
    made = event(max_participants=3)

    def shown():
        found = api.get(path(made)).json()
        listed = api.get("/api/events/", params={"q": made["title"]}).json()["results"]
        assert listed == [found]
        return found

    assert shown() == shown() == made
    outsider_api.post(path(made, "register/"))
    assert shown()["registered_count"] == 1
    outsider_api.delete(path(made, "register/"))
    assert shown()["seats_left"] == 3
    member_api.patch(path(made), json={"status": "cancelled"})
    assert shown()["status"] == "cancelled"


def test_a_cancelled_event_stays_so_and_is_not_deleted(member_api, outsider_api, event):
    made = event()
    outsider_api.post(path(made, "register/"))

    expect.refused(member_api.delete(path(made)), 409, "event_has_registrations")
    too_few = event(max_participants=2)
    outsider_api.post(path(too_few, "register/"))
    assert member_api.patch(path(too_few), json={"max_participants": 1}).status_code == 200
    expect.refused(
        member_api.patch(path(made), json={"status": "draft"}), 409, "event_has_registrations"
    )
    assert member_api.patch(path(made), json={"status": "cancelled"}).status_code == 200
    again = member_api.patch(path(made), json={"status": "published"})
    expect.refused(again, 409, "event_cancelled")
    assert "STATUS:CANCELLED" in member_api.get(path(made, "calendar.ics")).text


def test_seats_that_are_taken_stay(site, member_api, outsider_api, event):
    made = event(max_participants=2)
    for caller in (outsider_api, site.sign_up(unique("second"))):
        assert caller.post(path(made, "register/")).status_code == 201

    fewer = member_api.patch(path(made), json={"max_participants": 1})

    expect.refused(fewer, 409, "too_few_seats")


def test_those_registered_are_told_by_mail_that_it_is_cancelled(
    own_site, outside, member_api, event, django_capture_on_commit_callbacks
):
    coming = own_site.sign_up(unique("coming"))
    address = coming.user["email"]
    [token] = re.findall(r"^(\S{30,})$", outside.mail.to(address)[-1].get_content(), re.M)
    assert coming.post("/api/auth/email/verify/", json={"token": token}).status_code == 200
    made = event()
    coming.post(path(made, "register/"))

    # In this process the handler's commit is the test's, which never comes.
    with django_capture_on_commit_callbacks(execute=True):
        assert member_api.patch(path(made), json={"status": "cancelled"}).status_code == 200

    mail = outside.mail.to(address)[-1]
    assert mail["Subject"] == f"Guildhall: {made['title']} is cancelled"
    assert made["title"] in mail.get_content()

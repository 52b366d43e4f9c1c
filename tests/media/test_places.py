"""What an upload may be shown as, and by whom: one's own, ready, for that, and once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.media.models import Upload
from tests.factories import EventFactory, TeamFactory, UploadFactory

pytestmark = pytest.mark.django_db

AVATAR = "/api/users/me/avatar/"
ELSEWHERE = "https://elsewhere.example/picture.png"


class Place:
    """An avatar, a cover or a logo of the member's, by one set of verbs."""

    def __init__(self, purpose, client, member):
        self.purpose, self.client, self.member = purpose, client, member
        if purpose == "event_cover":
            self.row, self.name = EventFactory(created_by=member), "cover"
            self.path = f"/api/events/{self.row.pk}/"
        elif purpose == "team_logo":
            self.row, self.name = TeamFactory(captain=member), "logo"
            self.path = f"/api/teams/{self.row.pk}/"
        else:
            self.row, self.name, self.path = member, "avatar", "/api/users/me/"

    def upload(self, **fields):
        return UploadFactory(**{"owner": self.member, "purpose": self.purpose, **fields})

    def put(self, upload_id, client=None):
        client = client or self.client
        if self.purpose == "avatar":
            return client.put(AVATAR, {"upload_id": upload_id})
        return client.patch(self.path, {f"{self.name}_upload_id": upload_id})

    def take_away(self):
        if self.purpose == "avatar":
            return self.client.delete(AVATAR)
        return self.client.patch(self.path, {f"{self.name}_upload_id": None})

    def write(self, address):
        return self.client.patch(self.path, {self.name: address})

    @property
    def shown(self):
        return self.client.get(self.path).json()[self.name]


@pytest.fixture(params=Upload.Purpose.values)
def place(request, member, member_api):
    return Place(request.param, member_api, member)


def unused():
    return set(Upload.objects.unused())


def test_an_upload_of_ones_own_is_shown(place):
    upload = place.upload()

    answer = place.put(upload.pk)

    assert answer.status_code == 200, answer.content
    assert answer.json()[place.name] == place.shown == upload.url
    assert f"{place.name}_upload_id" not in answer.json()
    assert unused() == set()


def test_the_upload_of_another_is_as_none(place, outsider, staff, staff_api):
    for owner in (outsider, staff, None):
        answer = place.put(place.upload(owner=owner).pk)
        assert answer.status_code == 400
        [[sentence]] = answer.json()["details"].values()
        assert "no upload of yours" in sentence
    assert place.put(2**62).status_code == 400
    assert place.shown == ""
    # Whoever writes brings what is theirs.
    if place.purpose != "avatar":
        assert place.put(place.upload().pk, staff_api).status_code == 400
        assert place.put(place.upload(owner=staff).pk, staff_api).status_code == 200


def test_an_outsider_puts_nothing_there(place, outsider, outsider_api):
    if place.purpose != "avatar":
        theirs = place.upload(owner=outsider)
        assert place.put(theirs.pk, outsider_api).status_code == 403
    assert place.shown == ""


def test_an_upload_for_something_else_is_as_none(place):
    for purpose in set(Upload.Purpose.values) - {place.purpose}:
        assert place.put(place.upload(purpose=purpose).pk).status_code == 400


@pytest.mark.parametrize("status", ["pending", "processing", "refused"])
def test_an_upload_that_is_not_ready_is_a_conflict(place, status):
    answer = place.put(place.upload(status=status).pk)

    assert (answer.status_code, answer.json()["code"]) == (409, "upload_not_ready")


def test_an_upload_counts_once(place):
    first, second = place.upload(), place.upload()
    assert [place.put(each.pk).status_code for each in (first, second)] == [200, 200]

    answer = place.put(first.pk)

    assert (answer.status_code, answer.json()["code"]) == (409, "upload_used")
    assert place.shown == second.url


def test_the_same_again_changes_nothing(place):
    upload = place.upload()

    assert [place.put(upload.pk).status_code for _ in range(3)] == [200] * 3
    assert place.shown == upload.url


def test_what_is_replaced_is_used_no_more(place):
    first, second = place.upload(), place.upload()
    place.put(first.pk)
    before = Upload.objects.get(pk=first.pk).updated_at

    place.put(second.pk)

    assert unused() == {first}
    assert Upload.objects.get(pk=first.pk).updated_at > before


def test_what_is_taken_away_is_used_no_more(place):
    upload = place.upload()
    place.put(upload.pk)

    assert place.take_away().status_code in {200, 204}

    assert place.shown == ""
    assert unused() == {upload}
    assert place.take_away().status_code in {200, 204}


def test_another_address_takes_the_pictures_place(place):
    upload = place.upload()
    place.put(upload.pk)

    assert place.write(ELSEWHERE).json()[place.name] == ELSEWHERE

    assert unused() == {upload}


def test_what_was_read_can_be_sent_back(place):
    upload = place.upload()
    place.put(upload.pk)

    answer = place.client.put(place.path, place.client.get(place.path).json())

    assert answer.status_code == 200, answer.content
    assert place.shown == upload.url
    assert unused() == set()


@pytest.mark.parametrize("wrong", [0, -1, "x", 2**63, [], {}])
def test_what_is_no_id_is_refused(place, wrong):
    answer = place.put(wrong)

    assert answer.status_code == 400
    assert [name.endswith("upload_id") for name in answer.json()["details"]] == [True]


@pytest.mark.parametrize("place", ["event_cover", "team_logo"], indirect=True)
def test_what_is_made_has_its_picture_at_once(place, member_api):
    upload = place.upload()
    bodies = {
        "event_cover": ("/api/events/", {
            "title": "Friday",
            "start_date": "2036-12-05T19:00:00Z",
            "end_date": "2036-12-05T23:00:00Z",
        }),
        "team_logo": ("/api/teams/", {
            "name": "Newcomers",
            "tournament_id": TeamFactory(tournament__sign_up=True).tournament_id,
        }),
    }  # fmt: skip
    path, body = bodies[place.purpose]

    answer = member_api.post(path, {**body, f"{place.name}_upload_id": upload.pk})

    assert answer.status_code == 201, answer.content
    assert answer.json()[place.name] == upload.url


@pytest.mark.parametrize("place", ["event_cover", "team_logo"], indirect=True)
def test_of_an_address_and_an_upload_the_upload_counts(place):
    upload = place.upload()
    body = {place.name: ELSEWHERE, f"{place.name}_upload_id": upload.pk}

    assert place.client.patch(place.path, body).json()[place.name] == upload.url


def test_an_organiser_shows_a_logo_for_a_team_of_theirs(member, member_api):
    team = TeamFactory(tournament__organiser=member)
    upload = UploadFactory(owner=member, purpose="team_logo")

    answer = member_api.patch(f"/api/teams/{team.pk}/", {"logo_upload_id": upload.pk})

    assert answer.json()["logo"] == upload.url


def test_lists_ask_nothing_of_uploads(place, api, member_api):
    place.put(place.upload().pk)
    lists = {"avatar": "/api/users/", "event_cover": "/api/events/", "team_logo": "/api/teams/"}

    with CaptureQueriesContext(connection) as queries:
        [row] = [
            row
            for row in member_api.get(lists[place.purpose]).json()["results"]
            if row["id"] == place.row.pk
        ]

    assert row[place.name] == Upload.objects.get().url
    assert "media_upload" not in str(queries.captured_queries)


def test_who_leaves_takes_the_avatar_along_and_no_more(place):
    upload = place.upload()
    place.put(upload.pk)

    place.member.delete()

    assert unused() == ({upload} if place.purpose == "avatar" else set())

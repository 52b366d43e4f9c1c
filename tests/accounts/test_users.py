import pytest
from django.contrib.admin.models import CHANGE, LogEntry

from app.accounts.models import User
from app.core.steam_id import to_steam_id
from tests.factories import SteamMemberFactory, TeamFactory, TournamentFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_members_are_for_members_to_see(api, member_api, member):
    assert api.get("/api/users/").status_code == 401
    assert api.get(f"/api/users/{member.pk}/").status_code == 401
    assert [user["id"] for user in member_api.get("/api/users/").json()["results"]] == [member.pk]


def test_an_email_is_for_oneself_and_staff(member_api, outsider_api, staff_api, member):
    path = f"/api/users/{member.pk}/"

    assert member_api.get(path).json()["email"] == member.email
    assert staff_api.get(path).json()["email"] == member.email
    assert "email" not in outsider_api.get(path).json()


def test_a_list_shows_no_email_but_ones_own(member_api, member, outsider):
    users = {user["id"]: user for user in member_api.get("/api/users/").json()["results"]}

    assert "email" in users[member.pk]
    assert "email" not in users[outsider.pk]


def test_ids_beyond_what_a_browser_can_count_are_strings(member_api):
    other = SteamMemberFactory(discord_id=2**62 + 1)

    body = member_api.get(f"/api/users/{other.pk}/").json()

    assert body["steam_id"] == str(other.steam_id)
    assert body["discord_id"] == str(2**62 + 1)


@pytest.mark.parametrize("path", ["/api/users/me/", "/api/users/{pk}/"])
def test_members_change_what_is_theirs(member_api, member, path):
    changes = {"nickname": "Captain", "avatar": "https://avatars.example/captain.png"}

    response = member_api.patch(path.format(pk=member.pk), changes)

    assert response.status_code == 200
    member.refresh_from_db()
    assert (member.nickname, member.avatar) == ("Captain", changes["avatar"])
    assert response.json()["display_name"] == "Captain"


def test_a_put_needs_what_a_member_cannot_be_without(member_api):
    assert member_api.put("/api/users/me/", {"nickname": "x"}).status_code == 400
    assert member_api.put("/api/users/me/", {"username": "renamed"}).status_code == 200


def test_what_proves_or_empowers_is_not_for_members_to_write(member_api, member):
    before = User.objects.values().get(pk=member.pk)
    power = {
        "id": 4711,
        "is_staff": True,
        "is_superuser": True,
        "is_active": False,
        "steam_id": str(to_steam_id(1)),
        "discord_id": "1",
        "discord_nickname": "x",
        "guild_nickname": "x",
        "date_joined": "2001-01-01T00:00:00Z",
        "password": "another-one-entirely",
        "email": "new@guild.example",
        "email_verified": False,
        "in_guild": True,
        "session_epoch": 7,
        "last_login": "2001-01-01T00:00:00Z",
        "groups": [1],
        "user_permissions": [1],
    }

    assert member_api.patch("/api/users/me/", power).status_code == 200

    assert User.objects.values().get(pk=member.pk) == before


def test_a_member_cannot_take_anothers_name(member_api, outsider):
    response = member_api.patch("/api/users/me/", {"username": outsider.username.upper()})

    assert response.status_code == 400
    assert response.json()["details"] == {"username": ["This username is taken."]}


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_another_member_is_not_for_a_member_to_write(outsider_api, member, method):
    response = getattr(outsider_api, method)(f"/api/users/{member.pk}/", {"username": "taken"})

    assert response.status_code == 403
    assert User.objects.filter(pk=member.pk, username=member.username).exists()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@pytest.mark.parametrize("power", [{"is_staff": True}, {"is_superuser": True}])
def test_staff_are_not_above_other_staff(staff_api, method, power):
    other = UserFactory(**power)

    response = getattr(staff_api, method)(f"/api/users/{other.pk}/", {"username": "taken"})

    assert response.status_code == 403
    assert User.objects.filter(pk=other.pk, username=other.username).exists()


def test_a_superuser_is_above_all(sign_in):
    client, other = sign_in(UserFactory(is_superuser=True)), UserFactory(is_staff=True)

    assert client.patch(f"/api/users/{other.pk}/", {"nickname": "Renamed"}).status_code == 200


def test_staff_may_change_and_delete_any_member(staff_api, member):
    path = f"/api/users/{member.pk}/"

    assert staff_api.patch(path, {"nickname": "Renamed"}).json()["nickname"] == "Renamed"
    assert staff_api.delete(path).status_code == 204
    assert not User.objects.filter(pk=member.pk).exists()


def test_a_member_who_leaves_leaves_the_tournaments_behind(member_api, member):
    tournament = TournamentFactory(organiser=member)
    team = TeamFactory(tournament=tournament, captain=member)

    assert member_api.delete("/api/users/me/").status_code == 204

    tournament.refresh_from_db()
    team.refresh_from_db()
    assert (tournament.organiser, team.captain) == (None, None)


def test_who_leaves_is_told_and_forgotten_by_the_admins_log_too(
    staff, member, member_api, mailoutbox
):
    LogEntry.objects.log_actions(staff.pk, [member], CHANGE, single_object=True)

    member_api.delete("/api/users/me/")

    assert [(mail.to, member.username in mail.body) for mail in mailoutbox] == [
        ([member.email], True)
    ]
    assert LogEntry.objects.get().object_repr == f"member {member.pk}"


def test_nobody_is_told_at_an_address_that_was_only_claimed(sign_in, mailoutbox):
    sign_in(UserFactory(email_verified=False)).delete("/api/users/me/")

    assert mailoutbox == []


def test_what_a_frontend_shows_of_oneself_depends_on_it(sign_in, staff_api, member_api):
    newcomer = UserFactory(password="!")
    mine = sign_in(newcomer).get("/api/users/me/").json()
    assert (mine["has_password"], mine["is_staff"]) == (False, False)

    staffs = staff_api.get("/api/users/me/").json()
    assert (staffs["has_password"], staffs["is_staff"]) == (True, True)
    others = member_api.get(f"/api/users/{newcomer.pk}/").json()
    assert others.keys().isdisjoint({"has_password", "is_staff"})


def test_deactivated_members_are_not_shown(member_api):
    gone = UserFactory(is_active=False)

    assert member_api.get(f"/api/users/{gone.pk}/").status_code == 404
    assert member_api.get("/api/users/").json()["count"] == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ALD", {"aldous"}),
        ("q=smith", {"brannoch"}),
        ("q=guild-nick", {"cinder"}),
        ("q=nobody", set()),
        ("has_steam=true", {"aldous"}),
        ("has_steam=false", {"brannoch", "cinder", "me"}),
        ("q=aldous@guildhall", set()),  # an email is not for searching
    ],
)
def test_members_are_found_by_name_and_by_link(sign_in, query, found):
    me = UserFactory(username="me")
    SteamMemberFactory(username="aldous")
    UserFactory(username="brannoch", nickname="The Smith")
    UserFactory(username="cinder", guild_nickname="guild-nick")

    users = sign_in(me).get(f"/api/users/?{query}").json()["results"]

    assert {user["username"] for user in users} == found

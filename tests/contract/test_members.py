"""Members, as they see each other."""

import pytest

from tests.contract import expect
from tests.contract.sites import unique


@pytest.mark.parametrize("path", ["/api/users/", "/api/users/1/", "/api/users/me/"])
def test_members_are_for_members_to_see(api, path):
    expect.refused(api.get(path), 401, "not_authenticated")


def test_a_member_changes_what_others_see(member_api, outsider_api):
    nickname = f"Ådel 🐉 {unique('of the')}"
    before = member_api.get("/api/users/me/").json()

    answer = member_api.patch("/api/users/me/", json={"nickname": nickname})

    assert answer.status_code == 200, answer.text
    assert answer.json() == before | {"nickname": nickname, "display_name": nickname}
    seen = outsider_api.get(f"/api/users/{before['id']}/").json()
    assert seen["display_name"] == nickname


def test_an_email_is_for_oneself_and_staff_to_see(member_api, outsider_api, staff_api):
    path = f"/api/users/{member_api.user['id']}/"
    email = member_api.user["email"]

    assert member_api.get(path).json()["email"] == email
    assert staff_api.get(path).json()["email"] == email
    assert "email" not in outsider_api.get(path).json()
    listed = outsider_api.get("/api/users/", params={"q": member_api.user["username"]}).json()
    assert [user["id"] for user in listed["results"]] == [member_api.user["id"]]
    assert email not in str(listed)


def test_another_member_may_not_change_one_though_staff_may(member_api, outsider_api, staff_api):
    path = f"/api/users/{member_api.user['id']}/"
    avatar = f"https://cdn.guildhall.example/{unique('avatar')}.png"

    refused = outsider_api.patch(path, json={"avatar": avatar})
    expect.refused(refused, 403, "permission_denied")
    assert member_api.get(path).json()["avatar"] != avatar

    changed = staff_api.patch(path, json={"avatar": avatar})
    assert changed.status_code == 200, changed.text
    assert member_api.get("/api/users/me/").json()["avatar"] == avatar


def test_what_is_not_for_a_member_to_change_stays(member_api):
    before = member_api.get("/api/users/me/").json()

    answer = member_api.patch(
        "/api/users/me/", json={"id": 1, "steam_id": "76561197960265729", "is_staff": True}
    )

    assert answer.status_code == 200, answer.text
    assert answer.json() == before
    expect.refused(member_api.post("/api/steam/sync/"), 403, "permission_denied")


def test_a_members_wrong_fields_are_named(member_api, outsider_api):
    wrong = {"nickname": "n" * 65, "avatar": "no-address"}
    expect.invalid(member_api.patch("/api/users/me/", json=wrong), *wrong)

    taken = {"username": outsider_api.user["username"]}
    expect.invalid(member_api.patch("/api/users/me/", json=taken), "username")


def test_one_who_leaves_is_gone(site, member_api):
    leaver = site.sign_up(unique("leaver"))

    expect.refused(member_api.delete(f"/api/users/{leaver.user['id']}/"), 403, "permission_denied")
    assert leaver.delete("/api/users/me/").status_code == 204

    expect.refused(leaver.get("/api/users/me/"), 401, "user_not_found")
    expect.refused(member_api.get(f"/api/users/{leaver.user['id']}/"), 404, "not_found")

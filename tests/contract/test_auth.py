"""Signing up, in and out, by tokens."""

import pytest

from tests.contract import expect
from tests.contract.sites import unique
from tests.factories import PASSWORD


def _sign_up(api, **fields):
    username = unique("newcomer")
    body = {
        "email": f"{username}@guildhall.example",
        "username": username,
        "password": PASSWORD,
        "password_confirm": PASSWORD,
    }
    return api.post("/api/auth/register/", json=body | fields)


def _sign_in(api, member_api):
    email = member_api.user["email"]
    answer = api.post("/api/auth/login/", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_sign_up_without_a_body_names_what_is_required(api):
    details = expect.invalid(
        api.post("/api/auth/register/"), "email", "password", "password_confirm"
    )

    assert details["email"] == ["This field is required."]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": None}, "email"),
        ({"username": "no spaces"}, "username"),
        ({"username": "-dash-first"}, "username"),
        ({"password_confirm": "something-else"}, "password_confirm"),
        ({"password": "12345678", "password_confirm": "12345678"}, "password"),
    ],
)
def test_a_sign_up_with_a_wrong_field_names_it(api, fields, wrong):
    expect.invalid(_sign_up(api, **fields), wrong)


def test_a_username_in_use_is_taken_whatever_its_case(api, member_api):
    details = expect.invalid(
        _sign_up(api, username=member_api.user["username"].upper()), "username"
    )

    assert details == {"username": ["This username is taken."]}


def test_an_email_in_use_is_answered_as_any_other(site, api):
    first = site.sign_up(unique("first"))

    known = _sign_up(api, email=first.user["email"])
    unknown = _sign_up(api)

    assert known.status_code == unknown.status_code == 201
    assert known.json().keys() == unknown.json().keys()
    assert known.json()["id"] != first.user["id"]


def test_a_username_is_made_up_when_it_is_left_out(api):
    email = f"{unique('nameless')}@guildhall.example"
    body = {"email": email, "password": PASSWORD, "password_confirm": PASSWORD}

    answer = api.post("/api/users/", json=body)

    assert answer.status_code == 201, answer.text
    assert answer.json()["username"].startswith("member-")
    assert answer.json()["email"] == email


def test_a_wrong_password_and_an_unknown_name_are_refused_alike(api, member_api):
    email = member_api.user["email"]
    wrong = api.post("/api/auth/login/", json={"email": email, "password": "not-this-one"})
    unknown = api.post("/api/auth/login/", json={"username": "nobody", "password": PASSWORD})

    expect.refused(wrong, 401, "wrong_credentials")
    assert wrong.json() == unknown.json()


def test_a_refresh_rotates(api, member_api):
    tokens = _sign_in(api, member_api)

    fresh = api.post("/api/auth/refresh/", json={"refresh": tokens["refresh"]})

    assert fresh.status_code == 200, fresh.text
    assert fresh.json().keys() == {"access", "refresh"}
    assert fresh.headers["cache-control"] == "no-store"
    assert fresh.json()["refresh"] != tokens["refresh"]
    api.headers["Authorization"] = f"Bearer {fresh.json()['access']}"
    assert api.get("/api/users/me/").json()["id"] == member_api.user["id"]


def test_a_refresh_token_that_comes_again_ends_its_family(api, member_api):
    tokens = _sign_in(api, member_api)
    fresh = api.post("/api/auth/refresh/", json={"refresh": tokens["refresh"]}).json()

    for refresh in (tokens["refresh"], fresh["refresh"]):
        again = api.post("/api/auth/refresh/", json={"refresh": refresh})
        expect.refused(again, 401, "token_not_valid")
    api.headers["Authorization"] = f"Bearer {fresh['access']}"
    expect.refused(api.get("/api/users/me/"), 401, "token_not_valid")


def test_a_logout_revokes_the_refresh_token(api, member_api):
    tokens = _sign_in(api, member_api)

    answer = api.post("/api/auth/logout/", json={"refresh": tokens["refresh"]})

    assert answer.status_code == 204
    assert answer.content == b""
    refused = api.post("/api/auth/refresh/", json={"refresh": tokens["refresh"]})
    expect.refused(refused, 401, "token_not_valid")


def test_a_forged_token_is_refused_even_where_anyone_may_read(api, member_api):
    api.headers["Authorization"] = f"{member_api.headers['Authorization'][:-4]}AAAA"

    expect.refused(api.get("/api/users/me/"), 401, "token_not_valid")
    expect.refused(api.get("/api/tournaments/"), 401, "token_not_valid")


def test_an_access_token_is_no_refresh_token(api, member_api):
    access = member_api.headers["Authorization"].removeprefix("Bearer ")

    answer = api.post("/api/auth/refresh/", json={"refresh": access})

    expect.refused(answer, 401, "token_not_valid")

"""Emails and passwords, with the mails that they take."""

import re

import pytest

from tests.contract import expect
from tests.contract.sites import unique
from tests.factories import PASSWORD

NEW = "nine-roshans-no-cheese"


@pytest.fixture
def member(own_site):
    """One whom no other test knows."""
    return own_site.sign_up(unique("member"))


@pytest.fixture
def token_in(outside):
    """Answer the token in the newest mail to an address."""

    def find(address):
        body = outside.mail.to(address)[-1].get_content()
        [token] = re.findall(r"^(\S{30,})$", body, re.M)
        return token

    return find


def sign_in(api, member, password):
    body = {"username": member.user["username"], "password": password}
    return api.post("/api/auth/login/", json=body)


def verify(api, token):
    return api.post("/api/auth/email/verify/", json={"token": token})


def test_an_email_is_proven_by_the_mail(api, member, token_in):
    assert member.user["email_verified"] is False

    answer = verify(api, token_in(member.user["email"]))

    assert answer.status_code == 200, answer.text
    assert answer.json() == member.user | {"email_verified": True}
    assert member.get("/api/users/me/").json()["email_verified"] is True
    expect.refused(member.post("/api/auth/email/resend/"), 409, "already_verified")


def test_the_mail_comes_again_for_the_asking(api, member, outside, token_in):
    assert member.post("/api/auth/email/resend/").status_code == 202

    assert len(outside.mail.to(member.user["email"])) == 2
    assert verify(api, token_in(member.user["email"])).status_code == 200


def test_whoever_claims_a_proven_email_gets_no_token_to_it(
    own_site, api, member, outside, token_in
):
    email = member.user["email"]
    verify(api, token_in(email))
    body = {"email": email, "password": NEW, "password_confirm": NEW}

    claimed = api.post("/api/auth/register/", json=body)

    assert claimed.status_code == 201
    newest = outside.mail.to(email)[-1].get_content()
    assert not re.search(r"\S{40,}", newest)
    assert own_site.sign_in(email, PASSWORD).user["id"] == member.user["id"]


def test_an_email_is_changed_once_the_new_one_is_proven(api, member, outside, token_in):
    old, new = member.user["email"], f"{unique('new')}@guildhall.example"
    verify(api, token_in(old))
    body = {"email": new, "password": PASSWORD}

    assert member.post("/api/auth/email/change/", json=body).status_code == 202
    assert member.get("/api/users/me/").json()["email"] == old
    assert verify(api, token_in(new)).json()["email"] == new

    assert "another one" in outside.mail.to(old)[-1].get_content()
    expect.invalid(verify(api, "forged"), "token")
    wrong = member.post("/api/auth/email/change/", json=body | {"password": "wrong"})
    expect.invalid(wrong, "password")


def test_a_forgotten_password_is_replaced_by_mail(api, member, token_in):
    email = member.user["email"]
    verify(api, token_in(email))

    assert api.post("/api/auth/password/reset/", json={"email": email}).status_code == 202
    body = {"token": token_in(email), "password": NEW, "password_confirm": NEW}
    assert api.post("/api/auth/password/reset/confirm/", json=body).status_code == 204

    assert sign_in(api, member, NEW).status_code == 200
    expect.refused(sign_in(api, member, PASSWORD), 401, "wrong_credentials")
    expect.refused(member.get("/api/users/me/"), 401, "token_not_valid")
    expect.invalid(api.post("/api/auth/password/reset/confirm/", json=body), "token")


def test_who_is_no_member_is_answered_the_same_and_told_by_mail(own_site, api, member, outside):
    unknown = f"{unique('nobody')}@guildhall.example"
    answers = [
        api.post("/api/auth/password/reset/", json={"email": email})
        for email in (member.user["email"], unknown)
    ]

    assert answers[0].status_code == answers[1].status_code == 202
    assert answers[0].json() == answers[1].json()
    assert "No member has proven" in outside.mail.to(unknown)[-1].get_content()


def test_changing_the_password_ends_all_tokens(api, member):
    elsewhere = sign_in(api, member, PASSWORD).json()
    body = {"current_password": PASSWORD, "new_password": NEW}

    assert member.post("/api/auth/password/change/", json=body).status_code == 204

    again = api.post("/api/auth/refresh/", json={"refresh": elsewhere["refresh"]})
    expect.refused(again, 401, "token_not_valid")
    expect.refused(member.get("/api/users/me/"), 401, "token_not_valid")
    assert sign_in(api, member, NEW).status_code == 200


def test_a_wrong_or_weak_password_changes_nothing(api, member):
    wrong = {"current_password": "wrong", "new_password": NEW}
    weak = {"current_password": PASSWORD, "new_password": "password123"}

    expect.invalid(member.post("/api/auth/password/change/", json=wrong), "current_password")
    expect.invalid(member.post("/api/auth/password/change/", json=weak), "new_password")
    assert sign_in(api, member, PASSWORD).status_code == 200


def test_signing_out_everywhere_ends_every_sign_in(api, member):
    elsewhere = sign_in(api, member, PASSWORD).json()

    assert member.post("/api/auth/logout/everywhere/").status_code == 204

    again = api.post("/api/auth/refresh/", json={"refresh": elsewhere["refresh"]})
    expect.refused(again, 401, "token_not_valid")
    expect.refused(member.get("/api/users/me/"), 401, "token_not_valid")

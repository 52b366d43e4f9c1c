"""Signing a browser in, as a page of the site's own origin does it."""

import pytest

from tests.contract import expect
from tests.factories import PASSWORD

TOURNAMENT = {"name": "By session", "tournament_type": "swiss"}


@pytest.fixture
def browser(site, api):
    """Nobody in particular, with a browser's Origin: over HTTPS, Django wants one."""
    api.headers["Origin"] = site.base_url
    return api


@pytest.fixture
def sign_in(browser, member_api):
    """Sign the browser in as the member; answer what the site said."""

    def post():
        token = browser.get("/api/auth/csrf/").json()["csrf_token"]
        return browser.post(
            "/api/auth/session/",
            json={"email": member_api.user["email"], "password": PASSWORD},
            headers={"X-CSRFToken": token},
        )

    return post


def test_a_session_reads_and_with_the_csrf_token_writes(browser, sign_in, member_api):
    member = member_api.get("/api/users/me/").json()
    signed_in = sign_in()
    assert signed_in.status_code == 200, signed_in.text
    assert signed_in.json() == member
    assert browser.get("/api/users/me/").json() == member

    refused = browser.post("/api/tournaments/", json=TOURNAMENT)
    assert "CSRF" in expect.refused(refused, 403, "csrf_failed")

    # Signing in has changed the token; a page reads it from its cookie.
    token = {"X-CSRFToken": browser.cookies["csrftoken"]}
    created = browser.post("/api/tournaments/", json=TOURNAMENT, headers=token)
    assert created.status_code == 201, created.text
    assert created.json()["organiser"]["id"] == member["id"]

    signed_out = browser.delete("/api/auth/session/", headers=token)
    assert signed_out.status_code == 204
    assert "sessionid" not in browser.cookies
    expect.refused(browser.get("/api/users/me/"), 401, "not_authenticated")


def test_several_cookies_of_one_answer_arrive_each_whole(sign_in):
    cookies = sign_in().headers.get_list("set-cookie")

    by_name = {cookie.partition("=")[0]: cookie for cookie in cookies}
    assert len(cookies) == 2
    assert by_name.keys() == {"csrftoken", "sessionid"}
    assert "HttpOnly" in by_name["sessionid"]
    assert "HttpOnly" not in by_name["csrftoken"]
    # With a comma inside, which a joined header would be split at.
    assert all("expires=" in cookie for cookie in cookies)


def test_a_session_sign_in_needs_the_csrf_token(browser, member_api):
    body = {"email": member_api.user["email"], "password": PASSWORD}

    expect.refused(browser.post("/api/auth/session/", json=body), 403, "csrf_failed")

    browser.get("/api/auth/csrf/")
    expect.refused(browser.post("/api/auth/session/", json=body), 403, "csrf_failed")
    assert "sessionid" not in browser.cookies


def test_another_sites_page_cannot_sign_its_visitor_in(browser, member_api):
    token = browser.get("/api/auth/csrf/").json()["csrf_token"]

    answer = browser.post(
        "/api/auth/session/",
        json={"email": member_api.user["email"], "password": PASSWORD},
        headers={"X-CSRFToken": token, "Origin": "https://elsewhere.example"},
    )

    expect.refused(answer, 403, "csrf_failed")


def test_a_session_sign_in_with_a_wrong_password_is_refused(browser):
    token = browser.get("/api/auth/csrf/").json()["csrf_token"]

    answer = browser.post(
        "/api/auth/session/",
        json={"username": "nobody", "password": PASSWORD},
        headers={"X-CSRFToken": token},
    )

    expect.refused(answer, 401, "wrong_credentials")
    assert "sessionid" not in browser.cookies

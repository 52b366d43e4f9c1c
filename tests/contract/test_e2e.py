"""Signing in without a password, on a site that lets a frontend's tests do it."""

import pytest

from tests.contract import expect
from tests.contract.sites import Gateway, unique

LOGIN = "/api/test/login/"


@pytest.fixture
def e2e_site(own_site, settings):
    """The live server has E2E_TEST_AUTH; the handler in this process gets its route here."""
    if isinstance(own_site, Gateway):
        settings.ROOT_URLCONF = "tests.accounts.test_e2e"
    return own_site


def test_a_test_signs_in_as_whom_it_names(e2e_site):
    username = unique("tester")
    browser = e2e_site.caller()

    answer = browser.post(LOGIN, json={"username": username})

    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["username"] == username
    assert browser.get("/api/users/me/").json()["username"] == username  # by the session
    other = e2e_site.caller()
    other.headers["Authorization"] = f"Bearer {answer.json()['access']}"
    assert other.get("/api/users/me/").json()["username"] == username
    expect.refused(other.post("/api/steam/sync/"), 403, "permission_denied")
    again = e2e_site.caller().post(LOGIN, json={"username": username})
    assert again.json()["user"]["id"] == answer.json()["user"]["id"]


def test_a_test_signs_in_as_staff(e2e_site):
    browser = e2e_site.caller()
    body = {"username": unique("organiser"), "is_staff": True}

    access = browser.post(LOGIN, json=body).json()["access"]

    staff = e2e_site.caller()
    staff.headers["Authorization"] = f"Bearer {access}"
    assert staff.patch("/api/settings/", json={"site_name": "Guildhall"}).status_code == 200


def test_a_name_that_is_none_is_refused(e2e_site):
    expect.invalid(e2e_site.caller().post(LOGIN, json={"username": "no spaces"}), "username")


def test_elsewhere_there_is_no_such_way(gateway, api):
    expect.refused(api.post(LOGIN, json={"username": "ada"}), 404, "not_found")

import pytest
from rest_framework.test import APIClient

from app.accounts.services import issue_tokens
from app.accounts.tokens import AccessToken, RefreshToken
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return UserFactory(email="ada@guild.example", username="Ada")


@pytest.mark.parametrize(
    "name",
    [
        {"email": "ada@guild.example"},
        {"email": "ADA@Guild.Example"},
        {"username": "ada"},
        {"username": "ADA"},
        {"email": "ada"},
        {"username": "ada@guild.example"},
    ],
)
def test_a_member_signs_in_by_either_name_in_any_case(api, ada, name):
    response = api.post("/api/auth/login/", name | {"password": PASSWORD})

    assert response.status_code == 200
    body = response.json()
    assert body["user"]["email"] == ada.email
    assert AccessToken(body["access"])["user_id"] == str(ada.pk)
    assert RefreshToken(body["refresh"])["user_id"] == str(ada.pk)
    ada.refresh_from_db()
    assert ada.last_login is not None


@pytest.mark.parametrize("path", ["/api/auth/login/", "/api/auth/session/"])
@pytest.mark.parametrize(
    "credentials",
    [
        {"email": "ada@guild.example", "password": "wrong"},
        {"email": "nobody@guild.example", "password": PASSWORD},
        {"email": "ada@guild.example", "password": PASSWORD.upper()},
    ],
)
def test_wrong_credentials_are_all_refused_alike(api, ada, path, credentials):
    response = api.post(path, credentials)

    assert response.status_code == 401
    assert response.json() == {
        "detail": "No active member has this name and password.",
        "code": "wrong_credentials",
    }


def test_a_deactivated_member_is_kept_out_by_every_way(api, sign_in, ada):
    client, tokens = sign_in(ada), issue_tokens(user=ada)
    ada.is_active = False
    ada.save()

    login = api.post("/api/auth/login/", {"username": "ada", "password": PASSWORD})
    refresh = api.post("/api/auth/refresh/", {"refresh": tokens.refresh})

    assert login.status_code == refresh.status_code == 401
    assert client.get("/api/users/me/").status_code == 401


def test_a_sign_in_without_a_name_says_what_is_missing(api):
    response = api.post("/api/auth/login/", {"password": PASSWORD})

    assert response.status_code == 400
    assert response.json()["details"] == {"email": ["Give an email or a username."]}


@pytest.mark.parametrize("token", ["", "x" * 3000])
def test_a_refresh_token_that_is_empty_or_too_long_is_refused(api, token):
    response = api.post("/api/auth/refresh/", {"refresh": token})

    assert response.status_code == 400
    assert list(response.json()["details"]) == ["refresh"]


class TestSession:
    @pytest.fixture
    def browser(self):
        return APIClient(enforce_csrf_checks=True)

    def sign_in(self, browser):
        token = browser.get("/api/auth/csrf/").json()["csrf_token"]
        return browser.post(
            "/api/auth/session/",
            {"username": "ada", "password": PASSWORD},
            headers={"X-CSRFToken": token},
        )

    def test_a_browser_signs_in_and_out(self, browser, ada):
        assert self.sign_in(browser).json()["id"] == ada.pk
        assert browser.get("/api/users/me/").json()["id"] == ada.pk

        token = browser.cookies["csrftoken"].value
        answer = browser.delete("/api/auth/session/", headers={"X-CSRFToken": token})

        assert answer.status_code == 204
        assert browser.get("/api/users/me/").status_code == 401

    def test_signing_in_and_out_take_the_csrf_token(self, browser, ada):
        body = {"username": "ada", "password": PASSWORD}

        refused = browser.post("/api/auth/session/", body)
        self.sign_in(browser)
        kept = browser.delete("/api/auth/session/")

        assert refused.status_code == kept.status_code == 403
        assert refused.json()["code"] == kept.json()["code"] == "csrf_failed"
        assert browser.get("/api/users/me/").status_code == 200

    def test_a_write_by_session_takes_the_csrf_token(self, browser, ada):
        self.sign_in(browser)

        refused = browser.patch("/api/users/me/", {"nickname": "Countess"})
        token = browser.cookies["csrftoken"].value
        done = browser.patch(
            "/api/users/me/", {"nickname": "Countess"}, headers={"X-CSRFToken": token}
        )

        assert refused.status_code == 403
        assert done.json()["nickname"] == "Countess"

    def test_the_session_changes_its_id_on_sign_in(self, browser, ada):
        browser.cookies["sessionid"] = "planted"

        self.sign_in(browser)

        assert browser.cookies["sessionid"].value != "planted"

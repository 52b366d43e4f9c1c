"""The way in that asks for no password: what it does where it is on, and that it is off."""

import json
from http.cookies import SimpleCookie

import pytest
from django.urls import NoReverseMatch, path, reverse
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from app.accounts.models import User
from app.accounts.views.e2e import TestSignInView as SignInView
from config.urls import urlpatterns as ours
from tests.config.test_settings import REQUIRED, boot
from tests.factories import PASSWORD, StaffFactory, UserFactory
from tests.races import at_once, racing

LOGIN = "/api/test/login/"
ME = "/api/users/me/"
MAILS = {"EMAIL_URL": "smtps://guildhall:s3cret@mail.example"}
ON = {"E2E_TEST_AUTH": "true"}

# The routes of this file's `on`: where they are on, the view stands beside the rest of the API.
urlpatterns = [path("api/test/login/", SignInView.as_view(), name="test-login"), *ours]


@pytest.fixture
def on(db, settings):
    """Answer a browser of a site that has E2E_TEST_AUTH."""
    settings.ROOT_URLCONF = __name__
    return APIClient()


def bearing(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def refused(response):
    """Tell that it signed nobody in."""
    assert response.status_code == 400
    assert response.json().keys() == {"error", "code", "details"}
    assert list(response.json()["details"]) == ["username"]
    assert not response.cookies
    return True


class TestOff:
    @pytest.mark.parametrize("method", ["get", "post", "put", "options"])
    def test_there_is_no_such_route(self, db, api, staff_api, method):
        UserFactory(username="ada")

        for client in (api, staff_api):
            response = getattr(client, method)(LOGIN, {"username": "ada"})
            assert response.status_code == 404
            assert response.json()["code"] == "not_found"
            assert not response.cookies

    def test_nothing_names_it(self):
        with pytest.raises(NoReverseMatch):
            reverse("test-login")

        paths = SchemaGenerator().get_schema(public=True)["paths"]
        assert not [found for found in paths if "test" in found]

    @pytest.mark.parametrize("value", [None, "false", "0", ""])
    def test_a_deployment_has_it_only_when_told_so(self, value):
        assert named_in_a_process(E2E_TEST_AUTH=value) == "none"


class TestOn:
    def test_the_tokens_work(self, on):
        body = on.post(LOGIN, {"username": "ada"}).json()

        assert body.keys() == {"access", "refresh", "user"}
        assert body["user"]["username"] == "ada"
        assert bearing(body["access"]).get(ME).json()["id"] == body["user"]["id"]
        traded = APIClient().post("/api/auth/refresh/", {"refresh": body["refresh"]})
        assert bearing(traded.json()["access"]).get(ME).json()["id"] == body["user"]["id"]

    def test_the_session_works(self, on):
        user = on.post(LOGIN, {"username": "ada"}).json()["user"]

        assert on.get(ME).json()["id"] == user["id"]
        tokens = on.post("/api/auth/token/")
        assert tokens.status_code == 200
        assert bearing(tokens.json()["access"]).get(ME).json()["id"] == user["id"]

    def test_who_has_not_signed_in_is_nobody(self, on, api):
        on.post(LOGIN, {"username": "ada"})

        assert api.get(ME).status_code == 401

    def test_a_session_writes_with_the_csrf_token_alone(self, on):
        browser = APIClient(enforce_csrf_checks=True)
        browser.post(LOGIN, {"username": "ada"})

        assert browser.patch(ME, {"nickname": "x"}).status_code == 403
        token = browser.get("/api/auth/csrf/").json()["csrf_token"]
        written = browser.patch(ME, {"nickname": "x"}, headers={"X-CSRFToken": token})
        assert written.status_code == 200

    def test_a_member_who_is_missing_is_made(self, on):
        on.post(LOGIN, {"username": "Ada"})

        ada = User.objects.get()
        assert (ada.username, ada.is_active, ada.is_superuser) == ("Ada", True, False)
        assert ada.email_verified
        assert ada.email.endswith(".invalid")  # no mail to it reaches anybody
        assert not ada.has_usable_password()

    @pytest.mark.parametrize("again", ["ada", "ADA", " ada "])
    def test_the_same_name_is_the_same_member(self, on, again):
        first = on.post(LOGIN, {"username": "ada"}).json()["user"]

        assert APIClient().post(LOGIN, {"username": again}).json()["user"] == first
        assert User.objects.count() == 1

    def test_a_member_who_is_there_stays_as_they_are(self, on, member):
        before = User.objects.values().get(pk=member.pk)

        assert on.post(LOGIN, {"username": member.username}).json()["user"]["id"] == member.pk

        after = User.objects.values().get(pk=member.pk)
        assert after.pop("last_login") != before.pop("last_login")
        assert after == before
        assert member.check_password(PASSWORD)

    def test_another_name_is_another_member(self, on, outsider):
        ada = on.post(LOGIN, {"username": "ada"}).json()["user"]
        bea = on.post(LOGIN, {"username": "bea"}).json()["user"]

        assert len({ada["id"], bea["id"], outsider.pk}) == 3
        assert on.get(ME).json()["id"] == bea["id"]

    def test_who_signs_in_after_another_has_nothing_of_theirs(self, on):
        on.post(LOGIN, {"username": "ada"})
        session = on.session
        session["note"] = "ada's"
        session.save()
        key = on.cookies["sessionid"].value

        on.post(LOGIN, {"username": "bea"})

        assert "note" not in on.session
        on.cookies = SimpleCookie({"sessionid": key})
        assert on.get(ME).status_code == 401

    @pytest.mark.parametrize("is_staff", [True, False])
    def test_staff_are_whom_it_says(self, on, is_staff):
        for username in ("ada", UserFactory().username, StaffFactory().username):
            response = on.post(LOGIN, {"username": username, "is_staff": is_staff})

            assert response.status_code == 200
            assert User.objects.get(username=username).is_staff is is_staff
            may = on.patch("/api/settings/", {}).status_code
            assert may == (200 if is_staff else 403)

    def test_without_a_word_of_it_one_is_no_staff(self, on, staff):
        on.post(LOGIN, {"username": staff.username})

        assert not User.objects.get(pk=staff.pk).is_staff

    @pytest.mark.parametrize("is_staff", [True, False])
    def test_what_else_is_sent_makes_no_superuser(self, on, is_staff):
        power = {"is_superuser": True, "groups": [1], "user_permissions": [1], "id": 4711}

        on.post(LOGIN, {"username": "ada", "is_staff": is_staff, **power})

        ada = User.objects.get()
        assert not ada.is_superuser
        assert ada.pk != 4711

    @pytest.mark.parametrize("is_staff", [True, False])
    @pytest.mark.parametrize("change", [str, str.upper])
    def test_a_superusers_name_is_taken_and_nobody_signed_in(self, on, change, is_staff):
        superuser = UserFactory(username="ada", is_staff=True, is_superuser=True)
        before = User.objects.values().get()

        assert refused(on.post(LOGIN, {"username": change("ada"), "is_staff": is_staff}))

        assert User.objects.values().get(pk=superuser.pk) == before
        assert on.get(ME).status_code == 401

    def test_a_deactivated_members_name_is_taken_and_nobody_signed_in(self, on):
        gone = UserFactory(username="ada", is_active=False)
        before = User.objects.values().get()

        assert refused(on.post(LOGIN, {"username": "ada"}))

        assert User.objects.values().get(pk=gone.pk) == before
        assert on.get(ME).status_code == 401

    def test_a_name_that_was_given_up_makes_a_member_again(self, on):
        first = on.post(LOGIN, {"username": "ada"}).json()
        renamed = bearing(first["access"]).patch(ME, {"username": "bea"})
        assert renamed.status_code == 200

        second = on.post(LOGIN, {"username": "ada"})

        assert second.status_code == 200, second.content
        assert second.json()["user"]["id"] != first["user"]["id"]

    @pytest.mark.parametrize(
        "username",
        [
            None,
            "",
            "ab",
            "a" * 33,
            "-ada",
            "ada@guild.example",
            "ada lovelace",
            "аda",  # a Cyrillic а  # noqa: RUF001, RUF003
            "ada\x00",
            "../../admin",
            ["ada"],
            {"a": 1},
            True,
        ],
    )
    def test_a_malformed_name_is_a_400_and_makes_nobody(self, on, username):
        assert refused(on.post(LOGIN, {"username": username}))
        assert not User.objects.exists()

    def test_a_name_is_needed(self, on):
        assert refused(on.post(LOGIN, {}))

    @pytest.mark.parametrize("is_staff", [None, "perhaps", 2, []])
    def test_a_malformed_is_staff_is_a_400_and_makes_nobody(self, on, is_staff):
        response = on.post(LOGIN, {"username": "ada", "is_staff": is_staff})

        assert response.status_code == 400
        assert list(response.json()["details"]) == ["is_staff"]
        assert not User.objects.exists()

    @pytest.mark.parametrize("body", ["{", "[]", '"ada"', "null"])
    def test_a_malformed_body_is_a_400_and_makes_nobody(self, on, body):
        response = on.post(LOGIN, body, content_type="application/json")

        assert response.status_code == 400
        assert response.json().keys() == {"error", "code", "details"}
        assert not User.objects.exists()

    def test_it_is_only_posted_to(self, on):
        UserFactory(username="ada")

        assert on.get(LOGIN, {"username": "ada"}).status_code == 405


@racing
def test_workers_who_sign_in_as_one_new_member_at_once_are_that_member(on):
    def sign_in(number):
        response = APIClient().post(LOGIN, {"username": "ada"})
        return response.status_code, response.json().get("user", {}).get("id")

    answers = at_once(6, sign_in)

    assert set(answers) == {(200, User.objects.get().pk)}


# In a process of its own: what the environment says is read once.

ROUTE = """
import django
django.setup()
from django.urls import NoReverseMatch, reverse
try:
    print(reverse("test-login"))
except NoReverseMatch:
    print("none")
"""

SIGN_IN = """
import json
import django
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
browser, stranger = Client(), Client()
signed_in = browser.post("/api/test/login/", {"username": "ada"}, "application/json")
bearer = {"Authorization": "Bearer " + signed_in.json()["access"]}
print(json.dumps([
    signed_in.json()["user"]["username"],
    browser.get("/api/users/me/").json()["username"],
    stranger.get("/api/users/me/", headers=bearer).json()["username"],
    stranger.get("/api/users/me/").status_code,
]))
"""


def named_in_a_process(**environment):
    process = {**REQUIRED, "DJANGO_SETTINGS_MODULE": "config.settings", **environment}
    run = boot("-c", ROUTE, **process)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_the_variable_adds_the_route():
    assert named_in_a_process(**ON) == LOGIN


def test_the_variable_is_enough_to_sign_in(tmp_path):
    environment = {
        **REQUIRED,
        **ON,
        "ALLOWED_HOSTS": "testserver",
        "SECURE_SSL_REDIRECT": "false",
        "COOKIE_SECURE": "false",
        "DATABASE_URL": f"sqlite:///{tmp_path}/hall.sqlite3",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }

    run = boot("-c", SIGN_IN, **environment)

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == ["ada", "ada", "ada", 401]


def test_the_schema_with_it_has_the_route_and_comes_without_a_warning(tmp_path):
    file = tmp_path / "schema.json"
    command = ["spectacular", "--format", "openapi-json", "--file", str(file)]

    run = boot("manage.py", *command, "--validate", "--fail-on-warn", **REQUIRED, **ON)

    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    operation = json.loads(file.read_text())["paths"][LOGIN]["post"]
    assert {"200", "400"} <= operation["responses"].keys()
    assert operation["requestBody"]["required"]
    assert operation.get("security") in (None, [], [{}])  # whoever asks


def check(*options, **environment):
    return boot("manage.py", "check", *options, **REQUIRED, **environment)


@pytest.mark.parametrize("more", [{}, MAILS])
def test_a_deployment_with_it_fails_the_check(more):
    checked = check("--deploy", **ON, **more)

    assert checked.returncode != 0
    assert "accounts.E001" in checked.stderr


def test_a_deployment_without_it_passes_the_check():
    checked = check("--deploy", "--fail-level", "WARNING", **MAILS)

    assert checked.returncode == 0, checked.stderr
    assert "accounts." not in checked.stderr


def test_a_deployment_without_mails_is_warned_of():
    checked, strict = check("--deploy"), check("--deploy", "--fail-level", "WARNING")

    assert checked.returncode == 0, checked.stderr
    assert strict.returncode != 0
    for said in (checked.stderr, strict.stderr):
        assert "accounts.W001" in said
        assert "accounts.E001" not in said


def test_a_laptop_with_it_is_told_nothing():
    checked = check(**ON)

    assert checked.returncode == 0, checked.stderr
    assert "accounts." not in checked.stderr

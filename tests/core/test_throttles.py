import os
import secrets
import subprocess
import sys
import time
from collections import Counter

import pytest
from django.core.cache import caches
from django.test import Client, override_settings
from rest_framework.test import APIClient

from app.accounts.models import User
from app.core.throttles import attempt
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

LOGIN = "/api/auth/login/"


@pytest.fixture(autouse=True)
def rates(settings):
    # There are many tries, and what hashes them is slow on purpose.
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    rates = {"login": "3/day", "register": "2/hour", "reset": "2/hour"}
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | rates


def tries(number, *, address="192.0.2.1", name=None, path=LOGIN, **headers):
    """Try from one address, each time another account unless one is named."""
    return [
        APIClient(REMOTE_ADDR=address).post(
            path,
            {"email": name or f"{secrets.token_hex(4)}@guild.example", "password": "wrong"},
            headers=headers,
        )
        for _ in range(number)
    ]


def statuses(responses):
    return [response.status_code for response in responses]


def test_an_address_has_so_many_tries_whatever_the_client():
    responses = tries(5)

    assert statuses(responses) == [401, 401, 401, 429, 429]
    assert responses[-1].json()["code"] == "throttled"
    assert 0 < int(responses[-1]["Retry-After"]) <= 86_400


def test_another_address_has_its_own():
    assert statuses(tries(4)) == [401, 401, 401, 429]
    assert statuses(tries(1, address="192.0.2.2")) == [401]


def test_another_route_has_its_own():
    tries(4)

    assert APIClient(REMOTE_ADDR="192.0.2.1").post("/api/users/", {}).status_code == 400


def test_a_header_makes_no_other_address():
    for number in range(3):
        tries(1, **{"X-Forwarded-For": f"203.0.113.{number}"})

    assert statuses(tries(1, **{"X-Forwarded-For": "203.0.113.99"})) == [429]


def test_becoming_a_member_is_one_limit_by_both_ways(api):
    paths = ["/api/users/", "/api/auth/register/", "/api/users/"]

    assert statuses([api.post(path, {}) for path in paths]) == [400, 400, 429]


def test_switching_the_cache_off_switches_no_limit_off(settings):
    dummy = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
    with override_settings(CACHES=settings.CACHES | {"default": dummy}):
        assert statuses(tries(4))[-1] == 429


class TestAccounts:
    def tries(self, names, **kwargs):
        return [
            tries(1, address=f"192.0.2.{number}", name=name, **kwargs)[0].status_code
            for number, name in enumerate(names, start=1)
        ]

    def test_an_account_has_so_many_tries_from_wherever_they_come(self):
        assert self.tries(["ada@guild.example"] * 5) == [401, 401, 401, 429, 429]

    def test_an_account_is_one_however_it_is_written(self):
        names = [
            "ada@guild.example",
            " ADA@guild.example",
            "Ada@Guild.Example ",
            "ada@guild.example",
        ]

        assert self.tries(names) == [401, 401, 401, 429]

    def test_who_is_no_member_is_limited_as_one_who_is(self):
        member = UserFactory()

        for name in (member.email, "nobody@guild.example"):
            assert self.tries([name] * 4) == [401, 401, 401, 429]
            caches["counters"].clear()

    def test_a_mailbox_is_not_flooded(self, mailoutbox):
        found = self.tries(["ada@guild.example"] * 4, path="/api/auth/password/reset/")

        assert found == [202, 202, 429, 429]
        assert len(mailoutbox) == 2

    def test_nor_is_it_by_sign_ups_from_wherever_they_come(self, mailoutbox, settings):
        settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"verify": "2/hour"}
        body = {
            "email": "ada@guild.example",
            "password": PASSWORD,
            "password_confirm": PASSWORD,
        }
        found = [
            APIClient(REMOTE_ADDR=f"192.0.2.{number}").post(path, body).status_code
            for number in range(2)
            for path in ("/api/auth/register/", "/api/users/")
        ]

        assert found == [201, 201, 429, 429]
        assert len(mailoutbox) == 2

    def test_nor_by_claims_that_ask_for_the_mail_again(self, sign_in, mailoutbox, settings):
        settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"verify": "2/hour"}
        claims = [
            UserFactory(email=f"ada{note}@guild.example", email_verified=False)
            for note in ("", "", "+1", "+2")
        ]
        found = [
            sign_in(claim).post("/api/auth/email/resend/", REMOTE_ADDR=f"192.0.2.{number}")
            for number, claim in enumerate(claims)
        ]

        assert statuses(found) == [202, 202, 429, 429]
        assert int(found[-1]["Retry-After"]) > 0
        assert len(mailoutbox) == 2

    def test_nothing_but_a_mail_counts_for_it(self, mailoutbox, settings):
        settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"verify": "2/hour"}
        UserFactory(username="ada")
        whole = {"email": "ada@guild.example", "password": PASSWORD, "password_confirm": PASSWORD}
        broken = [{"password": "1"}, {"password_confirm": "another"}, {"username": "Ada"}]
        found = [
            APIClient(REMOTE_ADDR=f"192.0.2.{number}").post("/api/auth/register/", whole | wrong)
            for number, wrong in enumerate([*broken, {}, {}, {}])
        ]

        assert statuses(found) == [400, 400, 400, 201, 201, 429]
        # And who was refused is no member.
        assert User.objects.filter(email="ada@guild.example").count() == 2

    def test_nor_by_members_who_say_it_is_their_new_one(self, sign_in, mailoutbox, settings):
        settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"verify": "2/hour"}
        body = {"email": "ada@guild.example", "password": PASSWORD}
        found = [
            sign_in(UserFactory()).post(
                "/api/auth/email/change/", body, REMOTE_ADDR=f"192.0.2.{number}"
            )
            for number in range(3)
        ]

        assert statuses(found) == [202, 202, 429]
        assert len(mailoutbox) == 2

    def test_one_who_has_found_a_token_does_not_guess_the_password_with_it(self, sign_in, member):
        body = {"current_password": "guess", "new_password": "nine-roshans-no-cheese"}
        found = [
            sign_in(member).post("/api/auth/password/change/", body, REMOTE_ADDR=f"192.0.2.{n}")
            for n in range(4)
        ]

        assert statuses(found) == [400, 400, 400, 429]


def test_an_address_of_ipv4_is_itself_on_a_socket_for_both():
    for number in range(3):
        tries(1, address=f"::ffff:192.0.2.{number}")

    assert statuses(tries(3, address="::ffff:192.0.2.9")) == [401, 401, 401]
    assert statuses(tries(1, address="192.0.2.9")) == [429]


@pytest.mark.parametrize("name", [0, 0.0, False])
def test_a_name_is_counted_as_it_is_tried(name):
    found = [
        APIClient(REMOTE_ADDR=f"192.0.2.{number}").post(
            "/api/auth/login/", {"email": name, "username": f"n{number}", "password": "wrong"}
        )
        for number in range(4)
    ]

    assert statuses(found)[3] in {400, 429}


def test_an_address_of_ipv6_is_its_network():
    for number in range(3):
        tries(1, address=f"2001:db8::{number}")

    assert statuses(tries(1, address="2001:db8::ffff:1")) == [429]
    assert statuses(tries(1, address="2001:db8:0:1::1")) == [401]


class TestAdmin:
    """Its door has the same limits, and the same counts."""

    def tries(self, number, **kwargs):
        client = Client(**{"REMOTE_ADDR": "192.0.2.1"} | kwargs)
        body = {"username": "ada@guild.example", "password": "wrong"}
        return [client.post("/admin/login/", body).content.decode() for _ in range(number)]

    def test_it_is_limited(self):
        pages = self.tries(4)

        assert ["Too many attempts" in page for page in pages] == [False] * 3 + [True]

    def test_what_was_tried_there_was_tried_here(self):
        self.tries(3, REMOTE_ADDR="192.0.2.9")

        assert statuses(tries(1, name="ADA@guild.example")) == [429]

    def test_staff_get_in(self):
        user = UserFactory(is_staff=True)
        body = {"username": user.username, "password": PASSWORD}

        assert Client().post("/admin/login/", body).status_code == 302

    def test_who_is_limited_does_not_get_in_with_the_right_password(self):
        user = UserFactory(is_staff=True)
        body = {"username": user.username, "password": PASSWORD}
        self.tries(3)

        assert Client(REMOTE_ADDR="192.0.2.1").post("/admin/login/", body).status_code == 200


ANOTHER_PROCESS = """
import django
django.setup()
from django.test import RequestFactory
from rest_framework.request import Request
from app.core.throttles import AddressThrottle

class View:
    throttle_scope = "login"

request = Request(RequestFactory().get("/", REMOTE_ADDR="192.0.2.1"))
print([AddressThrottle().allow_request(request, View) for _ in range(2)])
"""


def test_processes_count_together():
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "THROTTLE_LOGIN": "3/day",
    }

    said = subprocess.check_output([sys.executable, "-c", ANOTHER_PROCESS], env=environment)

    assert said == b"[True, True]\n"
    assert statuses(tries(2)) == [401, 429]


class TestWithoutRedis:
    @pytest.fixture(autouse=True)
    def redis_is_down(self, settings):
        gone = settings.CACHES["counters"] | {"LOCATION": "redis://127.0.0.1:9/0"}
        with override_settings(CACHES=settings.CACHES | {"counters": gone}):
            yield

    def test_each_process_limits_for_itself(self):
        assert statuses(tries(5)) == [401, 401, 401, 429, 429]

    def test_many_other_names_do_not_make_it_forget_one(self):
        tries(3, name="ada@guild.example")
        for number in range(1000):
            attempt("login", f"another-{number}")

        assert statuses(tries(1, name="ada@guild.example", address="192.0.2.2")) == [429]

    def test_a_member_signs_in(self, member):
        body = {"email": member.email, "password": PASSWORD}

        assert APIClient().post(LOGIN, body).status_code == 200

    def test_it_is_logged(self, caplog):
        tries(1)

        assert "Redis is down: this process counts login for itself" in caplog.text


@pytest.mark.parametrize("address", ["127.0.0.1:5000", "unix:", ""])
def test_what_is_no_address_is_limited_as_it_is_written(address):
    assert statuses(tries(4, address=address)) == [401, 401, 401, 429]


@pytest.mark.parametrize("one", ["account", "address"])
def test_of_a_thousand_tries_ten_a_minute_come_through(settings, one):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"login": "10/min"}
    started = time.time()

    answers = [
        tries(1, name="ada@guild.example", address=f"198.51.{number // 256}.{number % 256}")[0]
        if one == "account"
        else tries(1)[0]
        for number in range(1000)
    ]

    minutes = int(time.time() // 60 - started // 60) + 1
    found = Counter(statuses(answers))
    assert found == {401: 10 * minutes, 429: 1000 - 10 * minutes}
    refused = [answer for answer in answers if answer.status_code == 429]
    assert all(0 < int(answer["Retry-After"]) <= 60 for answer in refused)

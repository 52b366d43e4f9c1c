"""Nobody learns from us whose an email is: by no answer, and by no time that an answer takes."""

import secrets
from statistics import median
from time import perf_counter

import pytest
from django.db import connection
from rest_framework.test import APIClient

from app.accounts.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

# Not that of the members whom we make.
OWN = "another-one-entirely"
LOGIN, REGISTER = "/api/auth/login/", "/api/auth/register/"
PAIRS = 9
# A machine that does something else at the wrong moment is no finding: it slows either.
ROUNDS = 6


@pytest.fixture(autouse=True)
def no_limit(settings):
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "100000/min")


def sign_in(email):
    return APIClient().post(LOGIN, {"email": email, "password": "wrong-one-entirely"})


def sign_up(email):
    body = {"email": email, "password": OWN, "password_confirm": OWN}
    return APIClient().post(REGISTER, body)


def unknown():
    return f"{secrets.token_hex(8)}@guildhall.example"


def proven():
    return UserFactory().email


def claimed():
    return UserFactory(email_verified=False).email


def without_a_password():
    return UserFactory(password="!").email


def deactivated():
    return UserFactory(is_active=False).email


KNOWN = [proven, claimed, without_a_password, deactivated]


@pytest.mark.parametrize("known", KNOWN)
def test_a_sign_in_is_refused_alike(known):
    answers = [sign_in(known()), sign_in(unknown())]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].content == answers[1].content
    assert answers[0].headers.keys() == answers[1].headers.keys()


@pytest.mark.parametrize("known", KNOWN)
def test_a_sign_up_is_answered_alike(known):
    answers = [sign_up(known()), sign_up(unknown())]

    assert [answer.status_code for answer in answers] == [201, 201]
    # What each is called, and when it came.
    own = {"id", "username", "email", "display_name", "date_joined"}
    first, second = (
        {name: value for name, value in answer.json().items() if name not in own}
        for answer in answers
    )
    assert first == second
    assert answers[0].json().keys() == answers[1].json().keys()


@pytest.mark.parametrize("known", KNOWN)
def test_what_comes_after_a_sign_up_is_alike_too(known, api):
    """Else it would tell what the sign-up does not."""
    for email in (known(), unknown()):
        user = User.objects.get(pk=sign_up(email).json()["id"])
        signed_in = api.post(LOGIN, {"email": email, "password": OWN}).json()
        assert signed_in["user"]["id"] == user.pk
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {signed_in['access']}")
        assert api.get("/api/users/me/").json()["email_verified"] is False
        assert api.post("/api/auth/email/resend/").status_code == 202
        api.credentials()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="production's database, on one run")
@pytest.mark.parametrize(
    ("call", "known"),
    [*((sign_in, known) for known in KNOWN), (sign_up, proven), (sign_up, claimed)],
)
def test_the_time_does_not_tell(call, known):
    sign_in(unknown())
    ratios = []
    for _ in range(ROUNDS):
        times = {known: [], unknown: []}
        for _ in range(PAIRS):
            for email, taken in times.items():
                address = email()
                started = perf_counter()
                call(address)
                taken.append(perf_counter() - started)
        ratios.append(median(times[known]) / median(times[unknown]))
        if min(ratios) <= 1.1 and max(ratios) >= 0.9:
            return
    pytest.fail(f"known ÷ unknown: {ratios}")

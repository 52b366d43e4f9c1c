"""Every route that is limited by address, one row each; tests/core/test_throttles.py has the rest.

Each call is another member's, so that no limit of an account's is met.
"""

import pytest
from drf_spectacular.generators import EndpointEnumerator

from app.core.throttles import AddressThrottle
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SESSION = "/api/auth/session/"
USERS = "/api/users/"
DISCORD = "/api/auth/social/login/discord/"
STEAM = "/api/auth/social/login/steam/"

# With what a call without a body comes to when it is let in.
ROUTES = [
    ("POST", USERS, 400),
    ("POST", "/api/auth/register/", 400),
    ("POST", "/api/auth/login/", 400),
    ("POST", SESSION, 400),
    ("POST", "/api/auth/password/change/", 400),
    ("POST", "/api/auth/password/reset/", 400),
    ("POST", "/api/auth/password/reset/confirm/", 400),
    ("POST", "/api/auth/email/verify/", 400),
    ("POST", "/api/auth/email/resend/", 409),
    ("POST", "/api/auth/email/change/", 400),
    ("GET", DISCORD, 302),
    ("POST", DISCORD, 200),
    ("GET", STEAM, 302),
    ("POST", STEAM, 200),
]


@pytest.fixture(autouse=True)
def rates(settings):
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "2/day")
    settings.SOCIAL_AUTH_DISCORD_KEY = "fake-client"


@pytest.fixture
def call(sign_in):
    def call_as_another(method, path, address="192.0.2.1"):
        return sign_in(UserFactory()).generic(method, path, REMOTE_ADDR=address)

    return call_as_another


@pytest.mark.parametrize(("method", "path", "let_in"), ROUTES)
def test_an_address_that_is_past_the_rate_is_refused_and_another_let_in(call, method, path, let_in):
    found = [call(method, path) for _ in range(3)]

    assert [response.status_code for response in found] == [let_in, let_in, 429]
    assert found[-1].json()["code"] == "throttled"
    assert 0 < int(found[-1]["Retry-After"]) <= 86_400
    assert call(method, path, address="192.0.2.2").status_code == let_in


def test_there_is_a_row_for_every_route_that_is_limited():
    endpoints = EndpointEnumerator().get_api_endpoints()
    limited = {
        (method, path)
        for path, _, method, view in endpoints
        if AddressThrottle in view.cls.throttle_classes
    }

    # Of these two the method decides.
    assert limited - {("DELETE", SESSION)} | {("POST", USERS)} == {row[:2] for row in ROUTES}


def test_signing_out_of_a_session_is_never_refused_and_uses_nothing_up(call):
    signed_out = [call("DELETE", SESSION) for _ in range(3)]
    tried = [call("POST", SESSION) for _ in range(3)]
    signed_out += [call("DELETE", SESSION) for _ in range(3)]

    assert [response.status_code for response in tried] == [400, 400, 429]
    assert [response.status_code for response in signed_out] == [204] * 6


@pytest.mark.parametrize("path", [DISCORD, STEAM])
def test_a_link_that_is_refused_ends_at_the_frontend(call, settings, path):
    settings.FRONTEND_URL = "https://app.guildhall.example"

    found = [call("GET", path) for _ in range(3)]

    assert found[-1]["Location"] == "https://app.guildhall.example/?error=throttled"
    # A script reads the answer itself.
    assert call("POST", path).status_code == 429

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db

BODY = {"email": "nobody@guild.example", "password": "wrong"}


@pytest.fixture(autouse=True)
def rates(settings):
    settings.THROTTLE_RATES = {"login": "3/day", "register": "2/hour"}


def tries(number, address="192.0.2.1", **headers):
    clients = [APIClient(REMOTE_ADDR=address) for _ in range(number)]
    return [client.post("/api/auth/login/", BODY, headers=headers) for client in clients]


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


def test_without_redis_sign_in_goes_on(settings):
    gone = settings.CACHES["counters"] | {"LOCATION": "redis://127.0.0.1:9/0"}
    with override_settings(CACHES=settings.CACHES | {"counters": gone}):
        assert statuses(tries(5)) == [401] * 5

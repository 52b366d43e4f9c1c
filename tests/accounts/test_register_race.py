"""Many who ask for one name at once: the constraint decides, and nobody gets a 500."""

import pytest
from rest_framework.test import APIClient

from app.accounts.models import User
from tests.races import at_once, racing, without_constraint


@pytest.fixture(autouse=True)
def no_limit(settings):
    # Signing up is throttled by address, which the threads share.
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"register": "1000/min"}


def register_at_once(number):
    def register(index):
        body = {
            "email": f"member{index}@guild.example",
            "username": "Ada" if index % 2 else "ada",
            "password": "six-wards-one-smoke",
            "password_confirm": "six-wards-one-smoke",
        }
        return APIClient().post("/api/auth/register/", body).status_code

    return sorted(at_once(number, register))


@racing
def test_one_of_many_gets_the_name():
    assert register_at_once(6) == [201] + [400] * 5
    assert User.objects.count() == 1


@racing
def test_without_the_constraint_they_all_would():
    with without_constraint(User, "user_username_unique"):
        assert register_at_once(6) == [201] * 6
        assert User.objects.filter(username__iexact="ada").count() == 6

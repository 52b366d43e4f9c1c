"""Many who ask for one name at once: the constraint decides, and nobody gets a 500."""

import pytest
from rest_framework.test import APIClient

from app.accounts.models import User
from tests.races import at_once, before_the_commit_of, racing, without_constraint


@pytest.fixture(autouse=True)
def no_limit(settings):
    # Signing up is throttled by address, which the threads share.
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"register": "1000/min"}


def register(index):
    body = {
        "email": f"member{index}@guild.example",
        "username": "Ada" if index % 2 else "ada",
        "password": "six-wards-one-smoke",
        "password_confirm": "six-wards-one-smoke",
    }
    return APIClient().post("/api/auth/register/", body).status_code


@racing
def test_one_of_many_gets_the_name():
    assert sorted(at_once(6, register)) == [201] + [400] * 5
    assert User.objects.count() == 1


@racing
def test_one_of_two_gets_it_though_neither_sees_the_other():
    assert before_the_commit_of(lambda: register(0), lambda: register(1)) == 400
    assert User.objects.count() == 1


@racing
def test_without_the_constraint_both_would():
    with without_constraint(User, "user_username_unique"):
        assert before_the_commit_of(lambda: register(0), lambda: register(1)) == 201
        assert User.objects.filter(username__iexact="ada").count() == 2

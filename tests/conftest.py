import os

from tests import services

# Before anything reads the settings.
services.provide()
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django  # noqa: E402

django.setup()

import pytest  # noqa: E402
from django.core.cache import caches  # noqa: E402
from django.db import connection  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from app.accounts.models import User  # noqa: E402
from app.accounts.services import issue_tokens  # noqa: E402
from tests import live  # noqa: E402
from tests.factories import StaffFactory, UserFactory  # noqa: E402


def pytest_configure():
    # A worker inherits it, and pytest-django would read the settings before this file has told the
    # worker which of Redis's databases is its own.
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.fixture(autouse=True)
def _empty_caches():
    """Give each test a cache and counters of its own."""
    yield
    for cache in caches.all():
        cache.clear()


@pytest.fixture
def api():
    """Nobody in particular."""
    return APIClient()


@pytest.fixture
def sign_in():
    """Answer a client that calls as the given member, by JWT as a frontend would."""

    def client_of(user: User) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_tokens(user=user).access}")
        return client

    return client_of


@pytest.fixture
def member(db):
    return UserFactory()


@pytest.fixture
def outsider(db):
    return UserFactory()


@pytest.fixture
def staff(db):
    return StaffFactory()


@pytest.fixture
def member_api(sign_in, member):
    return sign_in(member)


@pytest.fixture
def outsider_api(sign_in, outsider):
    return sign_in(outsider)


@pytest.fixture
def staff_api(sign_in, staff):
    return sign_in(staff)


@pytest.fixture(scope="session")
def sqs():
    from tests.fakes.sqs import sqs_server  # with moto, which few tests need

    with sqs_server() as url:
        yield url


@pytest.fixture
def queue(sqs, settings, monkeypatch):
    """The tasks' queue, on a real SQS as far as our side can tell."""
    from tests.fakes.sqs import Queue

    monkeypatch.setenv("AWS_ENDPOINT_URL", sqs)
    queue = Queue.create(sqs)
    settings.TASKS = {
        "default": {"BACKEND": "app.core.queue.sqs.SQSBackend", "OPTIONS": {"queue_url": queue.url}}
    }
    return queue


@pytest.fixture(scope="module")
def racing_server(django_db_setup, tmp_path_factory):
    """The address of a server on the test database itself: a racing test commits, and cleans up."""
    with _racing("config.wsgi:application", tmp_path_factory) as server:
        yield server


@pytest.fixture(scope="module")
def unlocked_server(django_db_setup, tmp_path_factory):
    """The same of one that takes no locks, on which races are lost."""
    with _racing("tests.unlocked:application", tmp_path_factory) as server:
        yield server


def _racing(application, tmp_path_factory):
    log = tmp_path_factory.mktemp("server") / "server.log"
    database_url = live.url_of(connection.settings_dict["NAME"])
    return live.server(log, database_url, application=application)

"""PostgreSQL stops, breaks off, hangs and comes back, under functions and servers that go on."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from itertools import count

import dj_database_url
import httpx
import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.signals import got_request_exception
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from app.accounts.services import issue_tokens
from app.accounts.tokens import EmailToken, password_reset_token
from app.tournaments.models import Tournament
from config import functions
from config.urls import urlpatterns as site
from tests import live
from tests.accounts.test_access import TABLE
from tests.factories import PASSWORD, StaffFactory, UserFactory
from tests.fakes.sqs import Context
from tests.services import PostgreSQL
from tests.transports import LambdaTransport, in_process

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has no server to stop"
)

CUP = {"name": "Cup", "tournament_type": "swiss"}
# What is answered without a look at the database, or, of the service's health, by a look at it: a
# session that nobody has, a CSRF token that is missing, a mail that a task is to send.
WITHOUT = {
    ("GET", "/api/health/", 503),
    ("GET", "/api/health/live/", 200),
    ("GET", "/api/health/ready/", 503),
    ("GET", "/api/auth/csrf/", 200),
    ("POST", "/api/auth/session/", 403),
    ("DELETE", "/api/auth/session/", 403),
    ("POST", "/api/auth/token/", 401),
    ("POST", "/api/auth/password/reset/", 202),
    ("GET", "/api/auth/social/complete/discord/", 403),
    ("GET", "/api/auth/social/complete/steam/", 403),
}


@pytest.fixture(scope="module")
def postgresql():
    postgresql = PostgreSQL()
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v", "0"],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": postgresql.url()},
        check=True,
    )
    yield postgresql
    postgresql.close()


@pytest.fixture
def outage(postgresql, django_db_setup, django_db_blocker, settings):
    """A server that can be stopped and started, which this process's connection goes to."""
    settings.RESPONSE_CACHE = False  # a kept answer asks the database nothing
    if not postgresql.is_running():  # a test that failed had stopped it
        postgresql.start()
    usual = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict |= {
        name: value
        for name, value in dj_database_url.parse(postgresql.url()).items()
        if name in {"HOST", "PORT", "NAME", "USER", "PASSWORD"}
    }
    with django_db_blocker.unblock():
        yield postgresql
        connection.close()
    connection.settings_dict |= usual
    connection.limit_statements(0)


@contextmanager
def stopped(postgresql):
    postgresql.stop()
    try:
        yield
    finally:
        postgresql.start()


@pytest.fixture
def names(outage):
    """What routes and bodies name. The rows need not be there: nobody will look."""
    member = UserFactory()
    return defaultdict(
        lambda: 1,
        username=member.username,
        refresh=issue_tokens(user=member).refresh,
        reset=password_reset_token(member),
        verify=EmailToken.make(member, member.email),
    )


@pytest.fixture
def staff(outage):
    return StaffFactory(is_superuser=True)


@pytest.fixture
def headers(staff):
    return {"Authorization": f"Bearer {issue_tokens(user=staff).access}"}


@pytest.fixture
def gateway():
    transport = LambdaTransport(in_process(functions.api))
    with httpx.Client(transport=transport, base_url="https://api.guildhall.example") as client:
        yield client


@pytest.fixture
def server(outage, tmp_path):
    address = live.server(tmp_path / "log", outage.url())
    with address as base_url, httpx.Client(base_url=base_url, timeout=60) as client:
        yield client


@pytest.fixture(params=["gateway", "server"])
def site_client(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def reported():
    """What Sentry would have been told of."""
    found = []

    def note(**kwargs):
        found.append(kwargs)

    got_request_exception.connect(note)
    yield found
    got_request_exception.disconnect(note)


def assert_unavailable(answer):
    assert answer.status_code == 503, f"{answer.request.url}: {answer.status_code} {answer.text}"
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["content-type"] == "application/json"
    assert answer.json().keys() == {"detail", "code"}
    assert answer.json()["code"] == "database_unavailable"


def sign_in_by_session(client, staff):
    csrf = client.get("/api/auth/csrf/").json()["csrf_token"]
    body = {"username": staff.username, "password": PASSWORD}
    signed_in = client.post(
        "/api/auth/session/",
        json=body,
        headers={"X-CSRFToken": csrf, "Referer": str(client.base_url)},
    )
    assert signed_in.status_code == 200, signed_in.text


@contextmanager
def when(wanted, act, *, before=False):
    """Act once, at the first statement that is wanted: before it runs, or after."""
    done = []

    def watch(execute, sql, params, many, context):
        meant = not done and wanted(sql)
        if meant:
            done.append(sql)
        if meant and before:
            act()
        result = execute(sql, params, many, context)
        if meant and not before:
            act()
        return result

    with connection.execute_wrapper(watch):
        yield done


def test_every_route_is_unavailable_without_the_database_and_back_with_it(
    site_client, outage, names, headers
):
    without = set()
    with stopped(outage):
        for method, route, body, _ in TABLE:
            body = body and {key: value.format_map(names) for key, value in body.items()}
            answer = site_client.request(
                method, route.format_map(names), json=body or None, headers=headers
            )
            if answer.status_code == 503 and "/health/" not in route:
                assert_unavailable(answer)
            else:
                without.add((method, route, answer.status_code))
        health = site_client.get("/api/health/")
        assert (health.status_code, health.json()["database"]) == (503, "unavailable")
    assert without == WITHOUT

    assert site_client.get("/api/users/me/", headers=headers).status_code == 200
    assert site_client.post("/api/tournaments/", json=CUP, headers=headers).status_code == 201


def test_a_session_and_the_admin_are_unavailable_and_go_on_afterwards(site_client, outage, staff):
    sign_in_by_session(site_client, staff)
    pages = [
        "/api/users/me/",
        "/admin/",
        "/admin/accounts/user/",
        f"/admin/accounts/user/{staff.pk}/change/",
    ]
    for page in pages:
        assert site_client.get(page).status_code == 200, page

    with stopped(outage):
        for page in pages:
            assert_unavailable(site_client.get(page))

    for page in pages:
        assert site_client.get(page).status_code == 200, page


@pytest.mark.parametrize("path", ["/api/tournaments/", "/api/users/me/", "/admin/accounts/user/"])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_connection_that_breaks_within_a_request_is_an_outage(
    gateway, outage, staff, headers, reported, path, nth
):
    if path.startswith("/admin/"):
        sign_in_by_session(gateway, staff)
        headers = {}

    statements = count(1)
    with when(lambda sql: next(statements) == nth, outage.stop, before=True) as done:
        answer = gateway.get(path, headers=headers)
    if not done:  # it needs no second statement
        assert (path, nth, answer.status_code) == ("/api/users/me/", 2, 200)
        return
    outage.start()

    assert_unavailable(answer)
    assert not reported
    assert gateway.get(path, headers=headers).status_code == 200


def test_a_write_whose_commit_fails_is_not_reported_as_done(gateway, outage, headers, reported):
    cup = {**CUP, "name": "The cup of the lost commit"}
    seen = []

    def note(execute, sql, params, many, context):
        seen.append((sql, connection.in_atomic_block))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        assert gateway.post("/api/tournaments/", json=CUP, headers=headers).status_code == 201
    [*_, last] = [sql for sql, atomic in seen if atomic]

    with when(lambda sql: sql == last, outage.stop) as done:
        answer = gateway.post("/api/tournaments/", json=cup, headers=headers)
    outage.start()

    assert done
    assert_unavailable(answer)
    assert not reported
    assert not Tournament.objects.filter(name=cup["name"]).exists()
    assert gateway.post("/api/tournaments/", json=cup, headers=headers).status_code == 201


def test_a_session_that_cannot_be_written_by_the_middleware_is_an_outage(
    gateway, outage, reported, settings
):
    settings.SOCIAL_AUTH_DISCORD_KEY = settings.SOCIAL_AUTH_DISCORD_SECRET = "made-up"
    csrf = gateway.get("/api/auth/csrf/").json()["csrf_token"]
    begin = {
        "url": "/api/auth/social/login/discord/",
        "headers": {"X-CSRFToken": csrf, "Referer": "https://api.guildhall.example"},
    }

    with when(lambda sql: "django_session" in sql, outage.stop, before=True) as done:
        answer = gateway.post(**begin)
    outage.start()

    assert done
    assert_unavailable(answer)
    assert not reported
    assert gateway.post(**begin).status_code == 200


def test_an_outage_is_one_line_for_each_request_and_no_error(
    gateway, outage, staff, headers, reported, caplog
):
    sign_in_by_session(gateway, staff)
    paths = ["/api/tournaments/", "/api/users/me/", "/admin/", "/api/health/"]
    caplog.clear()

    with stopped(outage):
        for each in paths:
            gateway.get(each, headers=headers)

    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.levelname for record in lines] == ["WARNING"] * len(paths)
    for record, each in zip(lines, paths, strict=True):
        assert each in record.getMessage()
        assert "\n" not in record.getMessage()
        assert not record.exc_info
    assert not reported


def test_a_task_is_delivered_again_after_an_outage_and_logged_in_one_line(outage, caplog):
    body = {"task": "app.accounts.tasks.remove_expired", "args": [], "kwargs": {}, "id": "1"}
    record = {"messageId": "message-1", "body": json.dumps(body)}

    with stopped(outage):
        answer = functions.worker({"Records": [record]}, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    [line] = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert (line.levelname, line.exc_info) == ("WARNING", None)
    assert functions.worker({"Records": [record]}, Context()) == {"batchItemFailures": []}


@contextmanager
def locked(outage, table):
    with psycopg.connect(outage.url()) as other:
        other.execute(f"LOCK TABLE {table}")
        yield


def test_a_statement_that_hangs_is_an_outage(gateway, outage, headers, settings):
    settings.DATABASE_STATEMENT_TIMEOUT = 0.3
    assert gateway.get("/api/tournaments/", headers=headers).status_code == 200

    with locked(outage, "tournaments_tournament"):
        asked = time.monotonic()
        assert_unavailable(gateway.get("/api/tournaments/", headers=headers))
        assert 0.2 < time.monotonic() - asked < 1.5

    assert gateway.get("/api/tournaments/", headers=headers).status_code == 200


def test_a_live_server_waits_no_longer_either(outage, headers, tmp_path):
    address = live.server(tmp_path / "log", outage.url(), DATABASE_STATEMENT_TIMEOUT="0.3")
    with address as base_url, httpx.Client(base_url=base_url, timeout=60) as client:
        with locked(outage, "tournaments_tournament"):
            assert_unavailable(client.get("/api/tournaments/", headers=headers))

        assert client.get("/api/tournaments/", headers=headers).status_code == 200


def test_a_server_that_freezes_is_an_outage(gateway, outage, headers, settings):
    """Nothing hangs up, and nothing answers: as when a host or a network is lost."""
    settings.DATABASE_STATEMENT_TIMEOUT = 0.3
    assert gateway.get("/api/tournaments/", headers=headers).status_code == 200
    backend = connection.connection.info.backend_pid

    os.kill(backend, signal.SIGSTOP)
    try:
        asked = time.monotonic()
        assert_unavailable(gateway.get("/api/tournaments/", headers=headers))
        assert time.monotonic() - asked < 5
        # … and the next one has a connection of its own.
        assert gateway.get("/api/tournaments/", headers=headers).status_code == 200
    finally:
        os.kill(backend, signal.SIGCONT)


def test_a_connection_that_a_function_thawed_with_is_given_up_soon(gateway, outage, headers):
    assert gateway.get("/api/tournaments/", headers=headers).status_code == 200
    backend = connection.connection.info.backend_pid
    connection._asked_at -= 600

    os.kill(backend, signal.SIGSTOP)
    try:
        asked = time.monotonic()
        assert gateway.get("/api/tournaments/", headers=headers).status_code == 200
        assert time.monotonic() - asked < 5
    finally:
        os.kill(backend, signal.SIGCONT)


def statement_timeout():
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return cursor.fetchone()[0]


class AskingView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def get(self, request, what):
        if what == "deadlock":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '10ms'")
                cursor.execute("SELECT pg_advisory_xact_lock(1)")
                mine.set()
                theirs.wait(5)
                cursor.execute("SELECT pg_advisory_xact_lock(2)")
        if what == "mistake":
            with connection.cursor() as cursor:
                cursor.execute("SELECT nothing FROM nowhere")
        return HttpResponse(statement_timeout())


mine, theirs = threading.Event(), threading.Event()
urlpatterns = [path("asks/<what>/", AskingView.as_view()), *site]


@pytest.mark.parametrize("lasting", [False, True])
def test_requests_alone_are_limited(gateway, outage, lasting):
    assert statement_timeout() == "0"
    if not lasting:
        connection.close()

    with override_settings(ROOT_URLCONF=__name__):
        assert gateway.get("/asks/limit/").text == "10s"


def test_behind_a_pooler_nothing_is_set_and_the_wait_has_an_end_all_the_same(
    gateway, outage, headers, settings
):
    settings.DATABASE_DIRECT = False
    settings.DATABASE_STATEMENT_TIMEOUT = 0.1

    with override_settings(ROOT_URLCONF=__name__):
        assert gateway.get("/asks/limit/").text == "0"
    with locked(outage, "tournaments_tournament"):
        assert_unavailable(gateway.get("/api/tournaments/", headers=headers))
    assert gateway.get("/api/tournaments/", headers=headers).status_code == 200


def test_a_mistake_in_a_statement_is_no_outage(gateway, outage, reported):
    with override_settings(ROOT_URLCONF=__name__):
        answer = gateway.get("/asks/mistake/")

    assert answer.status_code == 500
    assert answer.json()["code"] == "error"
    assert len(reported) == 1


def test_a_deadlock_is_a_lost_race(gateway, outage, reported, caplog):
    def other():
        with psycopg.connect(outage.url()) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(2)")
            mine.wait(5)
            theirs.set()
            connection.execute("SELECT pg_advisory_xact_lock(1)")

    thread = threading.Thread(target=other)
    thread.start()
    with override_settings(ROOT_URLCONF=__name__):
        answer = gateway.get("/asks/deadlock/")
    thread.join()

    assert answer.status_code == 409
    assert json.loads(answer.content)["code"] == "conflict"
    assert not reported
    assert "deadlock detected" in caplog.text

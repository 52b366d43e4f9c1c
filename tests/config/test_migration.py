"""Migrations by hand and by CloudFormation, which hears of their end whatever it is."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.parse import parse_qs

import psycopg
import pytest
from django.contrib.auth.models import Permission
from django.core.management.base import SystemCheckError
from django.db import ProgrammingError, connection
from django.db.migrations.recorder import MigrationRecorder

from app.core import request_id
from app.core.migrating import LOCK, TookTooLong
from app.core.postgresql import ServerGone
from config import migration
from config.migration import MARGIN
from tests import live
from tests.fakes.listener import Listener
from tests.fakes.replies import Reply
from tests.fakes.sqs import Context

pytestmark = pytest.mark.django_db(transaction=True)
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has neither locks nor a server."
)

IDS = {
    "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/guildhall/1",
    "RequestId": "22222222-3333-4444-5555-666666666666",
    "LogicalResourceId": "Migrations",
}
# A migration that has run, and could not run twice.
APPLIED = ("steam", "0011_denials")

# In a process that has not started yet.
ASKED = """
import json, sys
from config.migration import migrate
from tests.fakes.sqs import Context
migrate(json.load(sys.stdin), Context())
"""


class Hurried(Context):
    seconds = MARGIN + 1.0


class CloudFormation:
    """Keeps what is answered to it, after as many refusals as it is told to make."""

    def __init__(self):
        self.requests = []
        self.refusals = 0
        self.listener = Listener(("127.0.0.1", 0), self._respond)
        self.listener.start()
        port = self.listener.server_address[1]
        self.url = f"http://127.0.0.1:{port}/answers?X-Amz-Signature=hunter2"

    def _respond(self, request):
        self.requests.append(request)
        if len(self.requests) <= self.refusals:
            return Reply.text("SignatureDoesNotMatch", status=403)
        return Reply.text("")

    def event(self, kind):
        return {"RequestType": kind, "ResponseURL": self.url, "ResourceProperties": {}, **IDS}

    def asks(self, kind, context=None):
        """Invoke the function, and answer what it answered to us."""
        migration.migrate(self.event(kind), context or Context())
        return json.loads(self.requests[-1].body)


@pytest.fixture
def cloudformation():
    cloudformation = CloudFormation()
    yield cloudformation
    cloudformation.listener.stop()


def is_applied(app, name):
    return MigrationRecorder.Migration.objects.filter(app=app, name=name).exists()


@contextmanager
def unapplied(app, name):
    """Take a migration for one that has not run."""
    MigrationRecorder.Migration.objects.filter(app=app, name=name).delete()
    try:
        yield
    finally:
        MigrationRecorder.Migration.objects.get_or_create(app=app, name=name)


@pytest.fixture
def other():
    """Another connection to the test database."""
    url = live.url_of(connection.settings_dict["NAME"])
    with psycopg.connect(url) as other:
        yield other


@pytest.fixture
def unsafe(settings):
    settings.E2E_TEST_AUTH = True


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_cloudformation_is_told_that_all_has_gone_well(cloudformation, kind):
    answer = cloudformation.asks(kind)

    assert answer == {
        **IDS,
        "Status": "SUCCESS",
        "Reason": "",
        "PhysicalResourceId": "guildhall-migrations",
    }
    [request] = cloudformation.requests
    assert request.verb == "PUT"
    # Its address is signed for an answer of no type, and whole.
    assert request.headers["Content-Type"] == ""
    assert parse_qs(request.query) == {"X-Amz-Signature": ["hunter2"]}
    assert request_id.current.get() == Context.aws_request_id


def test_the_end_of_the_stack_migrates_nothing(cloudformation, unsafe):
    with unapplied(*APPLIED):
        answer = cloudformation.asks("Delete")

        assert (
            MigrationRecorder.Migration.objects.filter(app=APPLIED[0], name=APPLIED[1]).count() == 0
        )
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "guildhall-migrations")


def test_settings_that_are_refused_are_named(cloudformation, unsafe):
    answer = cloudformation.asks("Update")

    assert answer["Status"] == "FAILED"
    assert "check --deploy" in answer["Reason"]
    assert "E0" in answer["Reason"]
    assert Context.aws_request_id in answer["Reason"]


@on_postgresql
def test_a_migration_that_fails_is_named_without_its_message(cloudformation, caplog):
    with unapplied(*APPLIED):
        answer = cloudformation.asks("Update")

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("The migration failed: ProgrammingError (42701).")
    assert "already exists" not in answer["Reason"]
    assert "already exists" in caplog.text


@on_postgresql
def test_a_migration_that_another_one_keeps_waiting_fails_in_time(cloudformation, other):
    other.execute("SELECT pg_advisory_lock(%s)", [LOCK])

    asked = time.monotonic()
    answer = cloudformation.asks("Update", Hurried())

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("Another migration is running")
    assert time.monotonic() - asked < 4


@on_postgresql
def test_a_statement_that_takes_too_long_fails_in_time_and_is_undone(cloudformation, other):
    other.execute("LOCK TABLE steam_match")

    with unapplied(*APPLIED):
        asked = time.monotonic()
        answer = cloudformation.asks("Update", Hurried())
        assert not is_applied(*APPLIED)

    assert answer["Status"] == "FAILED"
    assert "in time" in answer["Reason"]
    assert time.monotonic() - asked < 4
    other.rollback()
    assert cloudformation.asks("Update")["Status"] == "SUCCESS"


@on_postgresql
def test_without_time_nothing_is_begun(cloudformation):
    class Late(Context):
        seconds = MARGIN - 1

    with unapplied(*APPLIED):
        answer = cloudformation.asks("Update", Late())

    assert answer["Status"] == "FAILED"
    assert "in time" in answer["Reason"]


@on_postgresql
def test_a_database_that_is_gone_is_told(cloudformation, tmp_path):
    usual = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = str(tmp_path)
    try:
        answer = cloudformation.asks("Create", Hurried())
        with pytest.raises(ServerGone):
            migration.migrate({}, Hurried())
    finally:
        connection.settings_dict["HOST"] = usual

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("The migration failed: ServerGone.")
    assert str(tmp_path) not in answer["Reason"]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("Create", "The function does not start: ImproperlyConfigured."), ("Delete", "")],
)
def test_a_function_that_does_not_start_says_so(cloudformation, kind, reason):
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        input=json.dumps(cloudformation.event(kind)),
        env=os.environ | {"THROTTLE_LOGIN": "hunter2"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    [request] = cloudformation.requests
    answer = json.loads(request.body)
    assert answer["Status"] == ("FAILED" if reason else "SUCCESS")
    assert answer["Reason"].startswith(reason)
    assert "hunter2" not in answer["Reason"]
    assert ("THROTTLE_LOGIN" in done.stderr) == bool(reason)


@on_postgresql
def test_a_release_that_comes_back_succeeds_and_changes_nothing(cloudformation, unsafe):
    recorder = MigrationRecorder.Migration.objects
    newer = recorder.create(app="core", name="0999_of_a_newer_release")
    # Django would add it again after a migration.
    permission = Permission.objects.order_by("pk").last()
    name = (permission.content_type, permission.codename)
    permission.delete()
    try:
        answer = cloudformation.asks("Update")
        assert not Permission.objects.filter(content_type=name[0], codename=name[1]).exists()
    finally:
        newer.delete()
        permission.save(force_insert=True)

    assert answer["Status"] == "SUCCESS"


@pytest.mark.parametrize("refusals", [1, 2])
def test_an_answer_that_did_not_arrive_is_sent_again(cloudformation, refusals):
    cloudformation.refusals = refusals

    assert cloudformation.asks("Update")["Status"] == "SUCCESS"
    assert len(cloudformation.requests) == refusals + 1


def test_an_answer_that_nobody_takes_fails_without_showing_the_address(cloudformation, caplog):
    cloudformation.refusals = 9

    with pytest.raises(RuntimeError, match="HTTP 403") as caught:
        cloudformation.asks("Update")

    assert "hunter2" not in str(caught.value) + caplog.text
    assert len(cloudformation.requests) == 3


def test_by_hand_it_answers_what_it_has_done():
    assert migration.migrate({}, Context()) == {"status": "migrated"}

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
            assert cursor.fetchone() == (0,)
            # … nor a limit.
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("0",)


def test_by_hand_nothing_is_migrated_for_a_site_that_anybody_could_enter(unsafe):
    with pytest.raises(SystemCheckError, match="E2E_TEST_AUTH"):
        migration.migrate({}, Context())


@on_postgresql
def test_by_hand_what_goes_wrong_is_raised(other):
    with unapplied(*APPLIED), pytest.raises(ProgrammingError, match="already exists"):
        migration.migrate({}, Context())

    other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    with pytest.raises(TookTooLong, match="Another migration"):
        migration.migrate({}, Hurried())

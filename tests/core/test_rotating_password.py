"""A password that changes by itself, as RDS changes it, at a PostgreSQL that asks for it."""

import dj_database_url
import httpx
import psycopg
import pytest
from django.db import connection

from app.core import secrets_manager
from app.core.postgresql import ServerGone
from tests.fakes.listener import Listener
from tests.fakes.replies import Reply
from tests.fakes.secrets import Secret
from tests.services import PostgreSQL

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has no passwords."
)


@pytest.fixture(scope="module")
def postgresql():
    postgresql = PostgreSQL()
    hba = postgresql.folder / "pg_hba.conf"
    hba.write_text(f"local all guildhall scram-sha-256\n{hba.read_text()}")
    postgresql.reload()
    yield postgresql
    postgresql.close()


@pytest.fixture
def change(postgresql):
    """Change the password at the server alone, as another connection does."""

    def change(password):
        with psycopg.connect(postgresql.url(), autocommit=True) as admin:
            admin.execute(f"ALTER ROLE guildhall PASSWORD '{password}'")

    with psycopg.connect(postgresql.url(), autocommit=True) as admin:
        admin.execute("CREATE ROLE guildhall LOGIN PASSWORD 'first-password'")
    yield change
    with psycopg.connect(postgresql.url(), autocommit=True) as admin:
        admin.execute("DROP ROLE guildhall")


def credentials(password):
    return {"username": "guildhall", "password": password}


@pytest.fixture
def secret(sqs, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", sqs)
    monkeypatch.setattr(secrets_manager, "_kept", {})
    return Secret(sqs, credentials("first-password"))


@pytest.fixture
def asked(sqs, monkeypatch):
    """What came by on the way to Secrets Manager."""
    asked = []

    def pass_on(request):
        asked.append(request)
        answer = httpx.post(sqs, content=request.body, headers=dict(request.headers))
        return Reply.json(answer.json(), status=answer.status_code)

    listener = Listener(("127.0.0.1", 0), pass_on)
    listener.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{listener.server_address[1]}")
    yield asked
    listener.stop()


@pytest.fixture
def wrapper(postgresql, change, secret, django_db_blocker):
    wrapper = connection.copy()
    parsed = dj_database_url.parse(postgresql.url())
    place = {name: parsed[name] for name in ("HOST", "PORT", "NAME")}
    wrapper.settings_dict |= {**place, "USER": "", "PASSWORD": "", "SECRET_ARN": secret.arn}
    with django_db_blocker.unblock():
        yield wrapper
        wrapper.close()


def who(wrapper):
    wrapper.close()
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


def test_the_password_is_looked_up_and_kept(wrapper, asked):
    assert [who(wrapper) for _ in range(3)] == ["guildhall"] * 3
    assert len(asked) == 1


def test_a_password_that_was_changed_is_looked_up_again(wrapper, change, secret, asked):
    who(wrapper)
    change("second-password")
    secret.put(credentials("second-password"))

    assert [who(wrapper) for _ in range(3)] == ["guildhall"] * 3
    assert len(asked) == 2


def test_it_is_looked_up_after_a_quarter_of_an_hour(wrapper, change, secret, asked):
    who(wrapper)
    [(arn, (read_at, known))] = secrets_manager._kept.items()
    secrets_manager._kept[arn] = read_at - 16 * 60, known

    assert who(wrapper) == "guildhall"
    assert len(asked) == 2


def test_an_open_connection_outlives_the_change(wrapper, change, secret):
    who(wrapper)
    change("second-password")

    with wrapper.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_a_password_that_is_wrong_in_the_secret_too_is_an_outage(wrapper, change, asked):
    who(wrapper)
    change("second-password")

    with pytest.raises(ServerGone, match="password authentication failed") as caught:
        who(wrapper)

    assert "first-password" not in str(caught.value)
    assert len(asked) == 2


def test_a_server_that_is_gone_is_no_reason_to_look_it_up(wrapper, postgresql, asked):
    who(wrapper)
    postgresql.stop()
    try:
        with pytest.raises(ServerGone):
            who(wrapper)
    finally:
        postgresql.start()

    assert len(asked) == 1
    assert who(wrapper) == "guildhall"


@pytest.mark.parametrize("value", [{"username": "guildhall"}, {"password": "first-password"}])
def test_a_secret_without_what_is_needed_is_named(wrapper, secret, value):
    secret.put(value)

    with pytest.raises(ServerGone, match=r"has no '(username|password)'") as caught:
        who(wrapper)

    assert secret.arn in str(caught.value)
    assert "first-password" not in str(caught.value)


def test_a_secret_that_nobody_can_read_is_an_outage(wrapper, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    with pytest.raises(ServerGone, match="does not answer"):
        who(wrapper)

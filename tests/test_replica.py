"""Which reads a copy of the database may answer that is behind: here, one that never follows."""

import time
from contextlib import ExitStack, contextmanager

import httpx
import psycopg
import pytest
from django.db import connection
from django_redis import get_redis_connection
from redis import Redis

from app.accounts.services import issue_tokens
from tests import live
from tests.config.test_settings import REQUIRED, setting
from tests.factories import PASSWORD, UserFactory
from tests.services import free_port, redis_server

pytestmark = pytest.mark.django_db

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="Nothing cancels a statement of SQLite."
)
# How long what was written is read from the database itself.
LAG = 3
# Each read of the table then ends as that of a standby which is in the way of what it is to follow.
CANCELLED = """
    ALTER TABLE tournaments_tournament RENAME TO hidden;
    CREATE FUNCTION cancelled() RETURNS SETOF hidden LANGUAGE plpgsql AS $$
        BEGIN RAISE 'canceling statement due to conflict with recovery' USING ERRCODE = '40001'; END
    $$;
    CREATE VIEW tournaments_tournament AS SELECT * FROM cancelled();
"""
FOLLOWING_AGAIN = """
    DROP VIEW tournaments_tournament;
    DROP FUNCTION cancelled;
    ALTER TABLE hidden RENAME TO tournaments_tournament;
"""


@pytest.fixture(scope="module")
def copies(tmp_path_factory, django_db_setup, django_db_blocker):
    """The database and a copy of it, in each of which there are two members."""
    folder = tmp_path_factory.mktemp("replica")
    with django_db_blocker.unblock():
        members = [UserFactory(), UserFactory()]
        tokens = [issue_tokens(user=member).access for member in members]
    with (
        live.database_copy(folder, "primary", django_db_blocker) as primary,
        live.database_copy(folder, "replica", django_db_blocker) as replica,
    ):
        with django_db_blocker.unblock():
            for member in members:
                member.delete()
        yield primary, replica, tokens


@pytest.fixture
def serve(copies, tmp_path):
    """Serve with the copy; answer who calls: two members, and nobody in particular."""
    primary, replica, tokens = copies
    get_redis_connection("counters").flushdb()
    headers = [*({"Authorization": f"Bearer {token}"} for token in tokens), {}]

    @contextmanager
    def serve(replica_url=replica, **changes):
        replica = {"DATABASE_REPLICA_URL": replica_url, "DATABASE_REPLICA_LAG": str(LAG)}
        with ExitStack() as stack:
            server = live.server(tmp_path / "server.log", primary, **replica, **changes)
            url = stack.enter_context(server)
            yield [
                stack.enter_context(httpx.Client(base_url=url, headers=each, trust_env=False))
                for each in headers
            ]

    return serve


def make_cup(caller, name):
    cup = {"name": name, "tournament_type": "swiss", "status": "registration"}
    answer = caller.post("/api/tournaments/", json=cup)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def names(caller, **query):
    answer = caller.get("/api/tournaments/", params=query)
    assert answer.status_code == 200, answer.text
    return {row["name"] for row in answer.json()["results"]}


def test_who_has_written_reads_it_and_later_the_copy_as_others_do(serve):
    times = {"start_date": "2036-12-05T19:00:00Z", "end_date": "2036-12-05T23:00:00Z"}
    with serve() as [ada, *_]:
        assert ada.post("/api/events/", json={"title": "Night"} | times).status_code == 201

        dashboard = "/api/dashboard/events/"
        assert [row["title"] for row in ada.get(dashboard).json()["results"]] == ["Night"]
        time.sleep(LAG + 2)
        assert ada.get(dashboard).json()["results"] == []


def test_what_has_just_been_written_is_not_read_from_the_copy_by_anybody(serve):
    with serve() as [ada, _, nobody]:
        names(nobody)  # and with it what says when it was written to
        make_cup(ada, "Cup")

        assert names(nobody) == {"Cup"}
        # Kept, it stays; what is asked anew after a while comes from the copy.
        time.sleep(LAG + 2)
        assert names(nobody) == {"Cup"}
        assert names(nobody, page_size=7) == set()


def test_what_a_write_looks_at_is_the_database_itself(serve):
    with serve() as [ada, bob, _]:
        cup = make_cup(ada, "Cup")
        time.sleep(LAG + 2)

        assert bob.patch(f"/api/tournaments/{cup}/", json={"name": "x"}).status_code == 403
        assert ada.patch(f"/api/tournaments/{cup}/", json={"name": "Winter"}).status_code == 200
        assert ada.get(f"/api/tournaments/{cup}/").json()["name"] == "Winter"
        time.sleep(LAG + 2)
        assert bob.get(f"/api/tournaments/{cup}/", params={"x": ""}).status_code in {400, 404}


def test_who_is_signed_in_sees_what_everybody_sees(serve):
    with serve() as [ada, bob, nobody]:
        names(nobody)
        cup = make_cup(ada, "Shown")

        for caller in (ada, bob, nobody):
            assert caller.get(f"/api/tournaments/{cup}/").status_code == 200


def test_without_its_copy_the_database_answers(serve):
    gone = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    with serve(gone) as [ada, _, nobody]:
        make_cup(ada, "Lonely")
        time.sleep(LAG + 2)

        assert "Lonely" in names(nobody, page_size=8)
        assert nobody.get("/api/health/ready/").status_code == 200


@on_postgresql
def test_what_the_copy_cancels_to_keep_up_the_database_answers(serve, copies):
    """https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-CONFLICT"""
    _, replica, _ = copies
    with psycopg.connect(replica, autocommit=True) as copy, serve() as [ada, _, nobody]:
        names(nobody)
        make_cup(ada, "Conflict")
        time.sleep(LAG + 2)
        assert "Conflict" not in names(nobody, page_size=9)
        copy.execute(CANCELLED)
        try:
            assert "Conflict" in names(nobody, page_size=10)
        finally:
            copy.execute(FOLLOWING_AGAIN)
        # The copy has not been left alone for it.
        assert "Conflict" not in names(nobody, page_size=11)


@on_postgresql
def test_what_takes_too_long_at_the_copy_is_not_asked_of_the_database_as_well(serve, copies):
    _, replica, _ = copies
    with psycopg.connect(replica, autocommit=True) as copy, serve() as [_, _, nobody]:
        names(nobody)
        copy.execute(CANCELLED.replace("40001", "57014"))
        try:
            time.sleep(LAG + 2)
            answer = nobody.get("/api/tournaments/", params={"page_size": 12})
        finally:
            copy.execute(FOLLOWING_AGAIN)

        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")


def test_a_write_in_the_admin_is_one_as_well(serve):
    with serve(COOKIE_SECURE="false") as [ada, bob, nobody]:
        names(nobody)
        make_cup(ada, "Seen")
        token = bob.get("/api/auth/csrf/").json()["csrf_token"]
        who = {"username": bob.get("/api/users/me/").json()["username"], "password": PASSWORD}
        headers = {"X-CSRFToken": token}
        assert bob.post("/api/auth/session/", json=who, headers=headers).status_code == 200
        token = bob.get("/api/auth/csrf/").json()["csrf_token"]
        time.sleep(LAG + 2)
        assert "Seen" not in names(bob, page_size=14)
        # Refused there, it might have been one.
        assert bob.post("/admin/", headers={"X-CSRFToken": token}).status_code == 302
        assert "Seen" in names(bob, page_size=14)


def test_while_redis_takes_no_note_of_writes_the_copy_is_not_read_from(serve, tmp_path):
    socket = tmp_path / "redis.sock"
    server = redis_server(socket)
    full = Redis(unix_socket_path=str(socket))
    try:
        with serve(REDIS_URL=f"unix://{socket}?db=0") as [ada, *_]:
            times = {"start_date": "2036-12-05T19:00:00Z", "end_date": "2036-12-05T23:00:00Z"}
            full.config_set("maxmemory", 1)
            assert ada.post("/api/events/", json={"title": "Full"} | times).status_code == 201
            full.config_set("maxmemory", 0)

            rows = ada.get("/api/dashboard/events/").json()["results"]
            assert "Full" in [row["title"] for row in rows]
    finally:
        server.terminate()
        server.wait()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/users/", 400),
        ("POST", "/api/search/", 405),
        ("GET", "/api/auth/social/login/steam/", 401),
        ("POST", "/api/tournaments/", 401),
    ],
)
def test_whoever_is_not_looked_up_is_not_looked_up_for_this_either(serve, method, path, status):
    token = issue_tokens(user=UserFactory()).access  # of nobody in these databases
    with serve() as [*_, nobody]:
        headers = {"Authorization": f"Bearer {token}"}
        assert nobody.request(method, path, headers=headers).status_code == status


def test_without_redis_which_knows_what_was_written_the_copy_is_not_used():
    replica = {"DATABASE_REPLICA_URL": REQUIRED["DATABASE_URL"]}

    assert [*setting("DATABASES", **REQUIRED | replica)] == ["default"]


def test_where_only_the_host_is_another_one_the_rest_is_the_databases():
    environment = REQUIRED | {
        "DATABASE_URL": "postgresql://ada:p%2Fw@primary:6432/guildhall",
        "DB_REPLICA_HOST": "reader",
        "REDIS_URL": "redis://redis",
    }

    found = setting("DATABASES['replica']", **environment)

    assert (found["HOST"], found["PORT"], found["NAME"]) == ("reader", 6432, "guildhall")
    assert (found["USER"], found["PASSWORD"]) == ("ada", "p/w")

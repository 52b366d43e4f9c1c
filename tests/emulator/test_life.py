"""What Lambda does to a function beside calling it: freezes it, delivers twice, kills it."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager

import httpx
import psycopg
import pytest
from django.db import connection

from tests.emulator import ROOT, emulator, function
from tests.fakes.steam import FakeSteam
from tests.fakes.steam.fixtures import match
from tests.services import ENVIRONMENT, PostgreSQL
from tests.transports import TimedOut, http_api_event

pytestmark = [
    pytest.mark.skipif(emulator() is None, reason="make template brings the emulator"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="It has a server of its own."),
]

ACCOUNTS = [101, 102]
TABLES = ["steam_match", "steam_matchplayer", "steam_playerrecord", "steam_herorecord"]
# What differs each time.
TIMES = {"created_at", "updated_at", "stored_at", "retry_at", "due_at", "look_at"}


@pytest.fixture(scope="module")
def postgresql():
    server = PostgreSQL()
    yield server
    server.close()


@pytest.fixture(scope="module")
def migrated(postgresql):
    manage(postgresql, "migrate", "--verbosity=0")
    return postgresql


@pytest.fixture
def steam():
    with FakeSteam() as steam:
        for n in range(12):
            steam.add_match(match(match_id=7_000_000 + n, seq=6_000_000 + n, accounts=ACCOUNTS))
        yield steam


def environment(postgresql, **changes):
    # Without Redis, where an answer is kept that the database need not be there for.
    own = {"DATABASE_URL": postgresql.url(), "REDIS_URL": ""}
    return os.environ | ENVIRONMENT | own | changes


def manage(postgresql, *arguments):
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=ROOT, env=environment(postgresql), check=True)


def get(path):
    request = httpx.Request("GET", f"https://localhost{path}")
    return http_api_event(request, "203.0.113.7")


@contextmanager
def worker_of(postgresql, steam, **changes):
    """The worker's function; answers what it reports as failed of these messages."""
    timeout = changes.pop("timeout", 120)
    # The sync counts its calls in Redis.
    redis = {"REDIS_URL": os.environ["REDIS_URL"], "STEAM_API_URL": steam.url}
    variables = environment(postgresql, **redis, **changes)
    with function("config.functions.worker", variables, timeout=timeout) as worker:
        yield worker


def batch(*bodies):
    """The event of messages that are called by their place."""
    return {"Records": [record(str(n), body) for n, body in enumerate(bodies)]}


def record(name, body):
    return {"messageId": name, "body": body, "attributes": {"ApproximateReceiveCount": "1"}}


def message(task, **kwargs):
    return json.dumps({"task": task, "args": [], "kwargs": kwargs})


def failed(answer):
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def rows(postgresql):
    """All that a sync has stored, but for the times."""
    with psycopg.connect(postgresql.url(), row_factory=psycopg.rows.dict_row) as connected:
        return {
            table: sorted(
                str({name: value for name, value in row.items() if name not in TIMES})
                for row in connected.execute(f"SELECT * FROM {table}")
            )
            for table in TABLES
        }


def test_a_connection_that_the_server_has_dropped_meanwhile_is_made_anew(migrated):
    with function("config.functions.api", environment(migrated)) as api:
        assert api.invoke(get("/api/tournaments/"))["statusCode"] == 200

        with api.frozen():
            migrated.stop()
            migrated.start()

        assert api.invoke(get("/api/tournaments/"))["statusCode"] == 200
        assert api.invoke(get("/api/health/ready/"))["statusCode"] == 200


def test_a_function_that_wakes_up_to_no_database_says_so_and_goes_on_when_it_is_back(migrated):
    with function("config.functions.api", environment(migrated)) as api:
        assert api.invoke(get("/api/tournaments/"))["statusCode"] == 200

        with api.frozen():
            migrated.stop()
        unavailable = api.invoke(get("/api/tournaments/"))
        migrated.start()

        assert unavailable["statusCode"] == 503
        assert unavailable["headers"]["retry-after"]
        assert json.loads(unavailable["body"])["code"] == "database_unavailable"
        assert api.invoke(get("/api/tournaments/"))["statusCode"] == 200


@pytest.fixture
def members(migrated):
    manage(
        migrated,
        "shell",
        "--command",
        "from app.accounts.models import User\n"
        "from app.core.steam_id import to_steam_id\n"
        f"for account in {ACCOUNTS}:\n"
        "    User.objects.get_or_create(username=f'steam-{account}', defaults={\n"
        "        'email': f'{account}@guild.example', 'steam_id': to_steam_id(account)})",
    )


HEROES = message("app.steam.tasks.sync_heroes")
PLAN = message("app.steam.tasks.plan_sync")


def test_a_worker_that_was_frozen_and_lost_its_connection_syncs(migrated, members, steam):
    with worker_of(migrated, steam) as worker:
        assert failed(worker.invoke(batch(HEROES))) == []

        with worker.frozen():
            migrated.stop()
            migrated.start()

        assert failed(worker.invoke(batch(PLAN))) == []
    assert len(rows(migrated)["steam_match"]) == 12


def test_a_message_that_is_delivered_again_changes_nothing(migrated, members, steam):
    match_ids = [raw["match_id"] for raw in steam.matches.values()]
    ingest = message("app.steam.tasks.ingest_matches", run_id=1, match_ids=match_ids)
    with worker_of(migrated, steam) as worker:
        assert failed(worker.invoke(batch(PLAN))) == []
        before = rows(migrated)

        assert failed(worker.invoke(batch(PLAN, ingest))) == []
        assert failed(worker.invoke(batch(ingest, PLAN))) == []

    assert rows(migrated) == before
    assert len(before["steam_match"]) == 12


@pytest.mark.parametrize(
    "poison",
    [
        "not JSON",
        "{}",
        '{"task": "os.system", "args": ["true"], "kwargs": {}}',
        message("app.steam.tasks.sync_heroes", unknown=1),
    ],
)
def test_a_message_that_can_never_be_run_takes_no_other_along(migrated, steam, poison):
    with worker_of(migrated, steam) as worker:
        assert failed(worker.invoke(batch(poison, HEROES))) == ["0"]
        # … and however often it comes back.
        assert failed(worker.invoke(batch(HEROES, poison))) == ["1"]


def test_a_worker_that_ran_out_of_time_does_the_work_when_it_is_delivered_again(migrated, steam):
    steam.fail("slow", endpoint="GetHeroes", times=1, seconds=20)
    with worker_of(migrated, steam, timeout=8, STEAM_TIMEOUT="60") as worker:
        with pytest.raises(TimedOut):
            worker.invoke(batch(HEROES))

        # By a new environment, as Lambda makes one.
        assert failed(worker.invoke(batch(HEROES))) == []

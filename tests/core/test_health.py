from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from app.core import health, tasks
from app.core.queue import messages
from config import functions
from config.schedule import SCHEDULE
from tests.fakes.sqs import Context

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/health/", "/api/health/", "/api/health/ready/"])
def test_a_site_that_is_well_says_what_it_depends_on(api, path):
    response = api.get(path)

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json() == {
        "status": "ok",
        "version": "dev",
        "revision": "unknown",
        "database": "ok",
        "cache": "ok",
        "migrations": "ok",
        "queue": "none",
        "queue_age": None,
    }


def test_being_alive_costs_no_query(api, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = api.get("/api/health/live/")

    assert response.json() == {"status": "ok", "version": "dev", "revision": "unknown"}


def test_code_that_is_ahead_of_its_database_is_not_ready(api):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'core' AND name LIKE '0002%'")

    response = api.get("/api/health/ready/")

    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert (response.json()["status"], response.json()["migrations"]) == ("unavailable", "pending")
    assert health.pending_migrations() == ["core.0002_site_name_on_one_line"]


def test_a_database_that_is_ahead_of_the_code_is_no_trouble(api):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('core', '9999_new', %s)",
            [timezone.now()],
        )

    assert api.get("/api/health/ready/").status_code == 200


def test_a_queue_nobody_has_seen_working_is_unknown(api, queue):
    body = api.get("/api/health/ready/").json()

    assert (body["status"], body["queue"], body["queue_age"]) == ("ok", "unknown", None)


@pytest.mark.parametrize(("age", "word", "status"), [(90, "ok", "ok"), (301, "late", "degraded")])
def test_a_queue_is_as_old_as_the_last_task_that_was_run(api, queue, age, word, status):
    messages.enqueued_at.set(timezone.now() - timedelta(seconds=age))
    health.note_queue()

    response = api.get("/api/health/ready/")

    assert response.status_code == 200
    body = response.json()
    assert (body["status"], body["queue"]) == (status, word)
    assert body["queue_age"] in {age, age + 1}


@pytest.mark.django_db(transaction=True)
def test_the_schedule_tells_how_old_the_queue_is(api, queue):
    assert SCHEDULE["tasks"].task == tasks.hand_over_due.module_path

    functions.schedule({"entry": "tasks"}, Context())
    queue.drain(functions.worker)

    body = api.get("/api/health/ready/").json()
    assert (body["queue"], body["queue_age"]) == ("ok", 0)


def test_without_its_cache_the_age_of_the_queue_is_not_known(api, queue):
    messages.enqueued_at.set(timezone.now())
    health.note_queue()
    cache.clear()

    assert health.queue_age() is None

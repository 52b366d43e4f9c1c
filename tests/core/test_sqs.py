import json
from datetime import timedelta

import pytest
from django.utils import timezone

from app.core import sqs
from app.steam import tasks
from config import functions
from tests.fakes.sqs import Context


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
    result = tasks.ingest_matches.enqueue(run_id=7, match_ids=[1, 2])

    [received] = queue.records()
    assert json.loads(received["body"]) == {
        "task": "app.steam.tasks.ingest_matches",
        "id": result.id,
        "args": [],
        "kwargs": {"run_id": 7, "match_ids": [1, 2]},
        "run_after": None,
    }


def test_many_calls_take_a_request_for_each_ten(queue):
    calls = ({"run_id": 7, "member_id": number} for number in range(25))
    sqs.enqueue_each(tasks.look_at_member, calls)

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
    sqs.enqueue_each(tasks.look_at_member, calls, apart=timedelta(seconds=0.4))

    # Those within the first second at once, and the others in whole seconds.
    at_once = [json.loads(record["body"])["kwargs"]["member_id"] for record in queue.records()]
    assert sorted(at_once) == [0, 1, 2]
    assert queue.left() == 6


def test_a_task_that_is_put_back_comes_later_and_elsewhere_is_found_by_its_schedule(
    queue, settings
):
    sqs.put_back(tasks.look_at_member, seconds=300, run_id=7, member_id=1)
    assert (queue.records(), queue.left()) == ([], 1)

    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    sqs.put_back(tasks.look_at_member, seconds=300, run_id=7, member_id=1)


@pytest.mark.django_db(transaction=True)
def test_a_task_is_not_begun_when_the_functions_time_is_over(queue):
    context = Context()
    context.seconds = 4

    answer = functions.worker({"Records": [record(message(), "late")]}, context)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "late"}]}


def test_a_delay_beyond_what_sqs_can_hold_goes_another_round(queue):
    in_two_hours = (timezone.now() + timedelta(hours=2)).isoformat()

    assert sqs.run_records([record(message(run_after=in_two_hours))]) == []

    assert queue.records() == []  # held back again
    assert queue.left() == 1


@pytest.mark.django_db(transaction=True)
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
        "app.core.sqs.run_records",
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


def test_a_queue_that_takes_only_some_messages_is_an_error(queue, monkeypatch):
    # SQS refuses messages beyond its limit one by one, in an answer with status 200.
    too_long = {"run_id": 7, "match_ids": [10**18] * 60_000}

    with pytest.raises(Exception, match=r"(?i)batch|messages|long"):
        sqs.enqueue_each(tasks.ingest_matches, [too_long])

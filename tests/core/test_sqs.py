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
    task = {"task": "app.steam.tasks.ingest_matches", "args": [], "kwargs": {"match_ids": []}}
    return json.dumps(task | changes)


def test_a_task_travels_as_json_with_its_path_and_arguments(queue):
    result = tasks.ingest_matches.enqueue(match_ids=[1, 2])

    [received] = queue.records()
    assert json.loads(received["body"]) == {
        "task": "app.steam.tasks.ingest_matches",
        "id": result.id,
        "args": [],
        "kwargs": {"match_ids": [1, 2]},
        "run_after": None,
    }


def test_many_calls_take_a_request_for_each_ten(queue):
    sqs.enqueue_each(tasks.sync_member, ({"member_id": number} for number in range(25)))

    received = [queue.records() for _ in range(3)]
    assert [len(records) for records in received] == [10, 10, 5]
    members = [json.loads(r["body"])["kwargs"]["member_id"] for rs in received for r in rs]
    assert sorted(members) == list(range(25))


def test_a_task_for_later_is_held_back_by_the_queue(queue):
    later = timezone.now() + timedelta(minutes=5)
    tasks.ingest_matches.using(run_after=later).enqueue(match_ids=[])

    assert queue.records() == []


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
        "app.steam.tasks.steam_client",
        "app.steam.tasks.SteamClient",
        "app.steam.tasks.__name__",
        "tests.steam.tasks.plan_sync",
        "app.steam.services.record_unavailable",
    ],
)
def test_a_message_can_name_nothing_but_a_task_of_ours(path, caplog):
    failed = sqs.run_records([record(message(task=path))])

    assert failed == ["m"]
    assert "is not" in caplog.text


def test_a_queue_that_takes_only_some_messages_is_an_error(queue, monkeypatch):
    # SQS refuses messages beyond its limit one by one, in an answer with status 200.
    too_long = {"match_ids": [10**18] * 60_000}

    with pytest.raises(Exception, match=r"(?i)batch|messages|long"):
        sqs.enqueue_each(tasks.ingest_matches, [too_long])

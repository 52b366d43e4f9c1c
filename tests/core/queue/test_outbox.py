"""Whatever becomes of the queue: what was enqueued is run, and only if it was committed."""

import json
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts import tasks
from app.core.models import WaitingTask
from app.core.queue import begin, outbox
from app.core.queue.backend import QueueBackend, QueueUnavailable
from app.core.tasks import hand_over_due
from config import functions
from tests.factories import WaitingTaskFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gone(queue, settings):
    """Takes the queue away; calling it brings it back."""
    working = settings.TASKS
    settings.TASKS = {
        "default": working["default"] | {"OPTIONS": {"queue_url": f"{queue.url}-is-gone"}}
    }

    def bring_back():
        settings.TASKS = working

    return bring_back


def due():
    WaitingTask.objects.update(due_at=timezone.now())


def enqueue():
    return tasks.mail_password_reset.enqueue(email="ada@guild.example")


def test_nothing_is_enqueued_before_the_commit(queue):
    with transaction.atomic():
        enqueue()
        assert queue.left() == 0

    [record] = queue.records()
    assert json.loads(record["body"])["kwargs"] == {"email": "ada@guild.example"}
    assert not WaitingTask.objects.exists()


def test_what_is_rolled_back_was_never_enqueued(queue):
    with transaction.atomic():
        enqueue()
        transaction.set_rollback(True)

    assert queue.left() == 0
    assert not WaitingTask.objects.exists()


def test_a_task_costs_two_statements(queue):
    with CaptureQueriesContext(connection) as asked:
        enqueue()

    words = [query["sql"].split()[0] for query in asked]
    assert [word for word in words if word not in {"BEGIN", "COMMIT"}] == ["INSERT", "DELETE"]


def test_what_a_worker_has_failed_at_meanwhile_is_not_forgotten(queue, monkeypatch):
    backend = hand_over_due.get_backend()
    send = backend._send

    def send_and_fail(messages):
        send(messages)
        outbox.keep_failed(messages[0], ValueError("faster than the commit's end"))

    monkeypatch.setattr(backend, "_send", send_and_fail)
    enqueue()

    assert WaitingTask.objects.get().message["attempts"] == 1


def test_what_the_queue_does_not_take_waits_and_is_run_when_it_does(gone, queue, caplog):
    result = enqueue()

    assert "A task waits for the queue" in caplog.text
    [waiting] = WaitingTask.objects.all()
    assert waiting.id == result.id
    gone()
    due()
    begin(hand_over_due)
    queue.drain(functions.worker)
    assert not WaitingTask.objects.exists()
    assert queue.left() == 0


def test_a_registration_during_an_outage_mails_afterwards(gone, queue, api, mailoutbox):
    account = {"email": "ada@guild.example", "username": "ada", "password": "six-wards-one-smoke"}
    answer = api.post("/api/auth/register/", account | {"password_confirm": account["password"]})

    assert answer.status_code == 201
    assert mailoutbox == []
    gone()
    due()
    begin(hand_over_due)
    queue.drain(functions.worker)
    assert [mail.to for mail in mailoutbox] == [["ada@guild.example"]]


def test_who_wrote_a_row_has_a_minute_to_hand_it_over(queue, gone):
    enqueue()
    gone()

    hand_over_due.call()

    assert queue.left() == 0
    assert WaitingTask.objects.count() == 1


def test_a_queue_that_has_just_failed_is_not_waited_for_again(gone):
    enqueue()
    backend = hand_over_due.get_backend()
    assert isinstance(backend, QueueBackend)
    calls = []
    backend._send = calls.append

    with pytest.raises(QueueUnavailable, match="just failed"):
        begin(hand_over_due)

    assert calls == []


def test_many_are_handed_over_in_batches(queue):
    WaitingTaskFactory.create_batch(outbox.BATCH + 5)

    hand_over_due.call()

    assert queue.left() == outbox.BATCH + 5
    assert not WaitingTask.objects.exists()


def test_a_batch_that_fails_stays_whole(queue, gone):
    WaitingTaskFactory.create_batch(3)

    with pytest.raises(QueueUnavailable):
        hand_over_due.call()

    assert WaitingTask.objects.count() == 3


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no rows.")
def test_two_at_once_hand_over_different_rows(queue, settings):
    WaitingTaskFactory()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT id FROM core_waitingtask FOR UPDATE")

        hand_over_due.call()

        cursor.execute("ROLLBACK")
    other.close()
    assert queue.left() == 0
    assert WaitingTask.objects.count() == 1


def test_a_task_for_later_than_sqs_holds_back_waits_here(queue):
    in_two_hours = timezone.now() + timedelta(hours=2)
    tasks.mail_password_reset.using(run_after=in_two_hours).enqueue(email="ada@guild.example")

    assert queue.left() == 0
    [waiting] = WaitingTask.objects.all()
    assert waiting.due_at == in_two_hours - timedelta(minutes=15)
    due()
    hand_over_due.call()
    # Held back by the queue for the rest of the time, of which it was told.
    assert (queue.records(), queue.left()) == ([], 1)


def test_a_failed_task_is_tried_five_times_and_then_given_up():
    message = WaitingTaskFactory.build().message

    waits = []
    for _ in range(outbox.ATTEMPTS):
        outbox.keep_failed(message, ValueError("on purpose"))
        [row] = WaitingTask.objects.all()
        message = row.message
        waits.append(row.due_at and row.due_at - timezone.now())

    assert [wait and round(wait.total_seconds() / 60) for wait in waits] == [12, 12, 12, 12, None]
    assert row.error == "ValueError: on purpose"
    assert list(WaitingTask.objects.due(timezone.now() + timedelta(days=1))) == []


def test_what_was_given_up_is_tried_again_if_somebody_says_so(queue):
    row = WaitingTaskFactory(due_at=None)
    row.message["attempts"] = 5
    row.save()

    assert outbox.try_again(WaitingTask.objects.given_up()) == 1

    hand_over_due.call()
    [record] = queue.records()
    assert json.loads(record["body"])["attempts"] == 0


def test_arguments_that_no_queue_takes_are_refused_before_anything_is_written(queue):
    with pytest.raises(ValueError, match="262144"):
        tasks.mail_password_reset.enqueue(email="a" * 262_144)

    assert not WaitingTask.objects.exists()

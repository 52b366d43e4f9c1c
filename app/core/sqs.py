"""Tasks over Amazon SQS: the backend that sends them, and what a Lambda function does with them.

A message is delivered at least once, so each task must stand being run twice.
"""

import json
import logging
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import TaskResult, TaskResultStatus
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task
from django_tasks.utils import get_random_id

from app.core import request_id

logger = logging.getLogger(__name__)

# SQS's own limits.
MAX_DELAY = 900
MAX_BATCH = 10

# What a message may name: our tasks and nothing else that can be imported.
_TASK_PATH = re.compile(r"app\.\w+\.tasks\.\w+")


class SQSBackend(BaseTaskBackend):
    supports_defer = True

    @cached_property
    def _client(self) -> Any:
        import boto3  # 140 ms that most requests have no use for

        return boto3.client("sqs")

    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        self.validate_task(task)
        result = self._result(task, args, kwargs)
        self._send([result])
        return result

    def enqueue_each(self, task: Task[Any, Any], calls: Iterable[dict[str, Any]]) -> None:
        self.validate_task(task)
        results = (self._result(task, [], kwargs) for kwargs in calls)
        for batch in _batches(results, MAX_BATCH):
            self._send(batch)

    def _result(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        return TaskResult(
            task=task,
            id=get_random_id(),
            status=TaskResultStatus.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            finished_at=None,
            last_attempted_at=None,
            args=list(args),
            kwargs=dict(kwargs),
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )

    def _send(self, results: list[TaskResult[Any]]) -> None:
        entries = [
            {
                "Id": result.id,
                "MessageBody": _message(result),
                "DelaySeconds": _delay(result.task.run_after),
            }
            for result in results
        ]
        answer = self._client.send_message_batch(
            QueueUrl=self.options["queue_url"], Entries=entries
        )
        if failed := answer.get("Failed"):
            raise RuntimeError(f"SQS took {len(failed)} of {len(entries)} messages not: {failed}")


def enqueue_each(task: Task[Any, Any], calls: Iterable[dict[str, Any]]) -> None:
    """Enqueue the task once for each set of arguments, in as few requests as the backend can."""
    backend = task.get_backend()
    if isinstance(backend, SQSBackend):
        backend.enqueue_each(task, calls)
    else:
        for kwargs in calls:
            task.enqueue(**kwargs)


def run_records(records: list[dict[str, Any]]) -> list[str]:
    """Run the task in each record of an SQS event.

    Answers the message ids of those that failed, for SQS to deliver again, and after some times to
    put aside.
    """
    failed = []
    for record in records:
        request_id.current.set(record["messageId"])
        try:
            _run(json.loads(record["body"]))
        except Exception:
            logger.exception("Task failed, attempt %s", _attempt(record))
            failed.append(record["messageId"])
    return failed


def _run(message: dict[str, Any]) -> None:
    if not _TASK_PATH.fullmatch(message["task"]):
        raise ValueError(f"{message['task']!r} is not one of our tasks")
    task = import_string(message["task"])
    if not isinstance(task, Task):
        raise TypeError(f"{message['task']!r} is not a task")
    run_after = message.get("run_after")
    if run_after and datetime.fromisoformat(run_after) > timezone.now():
        # Longer than SQS can hold a message back: another round.
        deferred = task.using(run_after=datetime.fromisoformat(run_after))
        deferred.enqueue(*message["args"], **message["kwargs"])
        return
    task.call(*message["args"], **message["kwargs"])


def _message(result: TaskResult[Any]) -> str:
    run_after = result.task.run_after
    return json.dumps(
        {
            "task": result.task.module_path,
            "id": result.id,
            "args": result.args,
            "kwargs": result.kwargs,
            "run_after": run_after.isoformat() if run_after else None,
        }
    )


def _delay(run_after: datetime | None) -> int:
    if run_after is None:
        return 0
    seconds = (run_after - timezone.now()).total_seconds()
    return min(max(0, int(seconds) + 1), MAX_DELAY)


def _attempt(record: dict[str, Any]) -> str:
    return str(record.get("attributes", {}).get("ApproximateReceiveCount", "?"))


def _batches(results: Iterator[TaskResult[Any]], size: int) -> Iterator[list[TaskResult[Any]]]:
    batch: list[TaskResult[Any]] = []
    for result in results:
        batch.append(result)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch

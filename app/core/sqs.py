"""Tasks over Amazon SQS: the backend that sends them, and what a Lambda function does with them.

A message is delivered at least once, so each task must stand being run twice.
"""

import json
import logging
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import TaskResult, TaskResultStatus
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task
from django_tasks.utils import get_random_id

from app.core import deadline, request_id

logger = logging.getLogger(__name__)

# A task is not begun when fewer seconds are left.
MARGIN = 5
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

    def enqueue_each(self, calls: Iterable[tuple[Task[Any, Any], dict[str, Any]]]) -> None:
        results = (self._result(task, [], kwargs) for task, kwargs in calls)
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


def enqueue_each(
    task: Task[Any, Any], calls: Iterable[dict[str, Any]], *, apart: timedelta = timedelta(0)
) -> None:
    """Enqueue the task once for each set of arguments, in as few requests as the backend can.

    Where the backend can hold tasks back, they begin so long after each other.
    """
    backend = task.get_backend()
    backend.validate_task(task)
    spread = _spread(task, calls, apart if backend.supports_defer else timedelta(0))
    if isinstance(backend, SQSBackend):
        backend.enqueue_each(spread)
    else:
        for later, kwargs in spread:
            later.enqueue(**kwargs)


def _spread(
    task: Task[Any, Any], calls: Iterable[dict[str, Any]], apart: timedelta
) -> Iterator[tuple[Task[Any, Any], dict[str, Any]]]:
    now = timezone.now()
    for n, kwargs in enumerate(calls):
        # SQS counts in whole seconds.
        seconds = n * apart // timedelta(seconds=1)
        yield task.using(run_after=now + timedelta(seconds=seconds)) if seconds else task, kwargs


def put_back(task: Task[Any, Any], *, seconds: float, **kwargs: Any) -> None:
    """Enqueue the task for later, where the backend can; elsewhere its schedule finds it again."""
    if task.get_backend().supports_defer:
        # In whole seconds, and sooner rather than later: the rest of one is waited for.
        run_after = timezone.now() + timedelta(seconds=max(1, int(seconds)))
        task.using(run_after=run_after).enqueue(**kwargs)


def run_records(records: list[dict[str, Any]]) -> list[str]:
    """Run the task in each record of an SQS event.

    Answers the message ids of those that failed, for SQS to deliver again, and after some times to
    put aside.
    """
    failed = []
    for record in records:
        request_id.current.set(record["messageId"])
        if deadline.left() < MARGIN:
            logger.warning("No time is left for a task; SQS delivers it again")
            failed.append(record["messageId"])
            continue
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

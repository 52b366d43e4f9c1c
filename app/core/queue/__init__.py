"""Tasks over a queue, of which nothing is lost while the queue is out of reach.

`task.enqueue()` writes a row in the transaction that it belongs to (`outbox.py`), and hands the
task over once that is committed. What a schedule would find again goes past the outbox, by the
functions here. `messages.py` is a task as JSON; `sqs.py` and `celery.py` are the queues.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks.base import Task

from app.core.queue.backend import QueueBackend

Call = tuple[Task[Any, Any], dict[str, Any]]


def begin(task: Task[Any, Any]) -> str:
    """Enqueue what a schedule brings again; answer its id.

    Raises QueueUnavailable; RuntimeError where there is no queue, and the task has failed here.
    """
    backend = task.get_backend()
    if isinstance(backend, QueueBackend):
        [task_id] = backend.send([(task, {})])
        return task_id
    result = task.enqueue()
    if result.status == TaskResultStatus.FAILED:
        raise RuntimeError(result.errors[0].traceback)
    return result.id


def nudge(task: Task[Any, Any], **kwargs: Any) -> None:
    """Enqueue what a schedule would find as well, only later. Raises QueueUnavailable."""
    enqueue_each(task, [kwargs])


def enqueue_each(
    task: Task[Any, Any], calls: Iterable[dict[str, Any]], *, apart: timedelta = timedelta(0)
) -> None:
    """Enqueue the task once for each set of arguments, in as few requests as the queue can.

    Where there is a queue, they begin so long after each other.
    """
    backend = task.get_backend()
    backend.validate_task(task)
    if isinstance(backend, QueueBackend):
        backend.send(_spread(task, calls, apart))
    else:
        for kwargs in calls:
            task.enqueue(**kwargs)


def put_back(task: Task[Any, Any], *, seconds: float, **kwargs: Any) -> None:
    """Enqueue the task for later, where there is a queue; elsewhere its schedule finds it again."""
    backend = task.get_backend()
    if isinstance(backend, QueueBackend):
        # In whole seconds, and sooner rather than later: the rest of one is waited for.
        run_after = timezone.now() + timedelta(seconds=max(1, int(seconds)))
        backend.send([(task.using(run_after=run_after), kwargs)])


def _spread(
    task: Task[Any, Any], calls: Iterable[dict[str, Any]], apart: timedelta
) -> Iterator[Call]:
    now = timezone.now()
    for n, kwargs in enumerate(calls):
        # SQS counts in whole seconds.
        seconds = n * apart // timedelta(seconds=1)
        yield task.using(run_after=now + timedelta(seconds=seconds)) if seconds else task, kwargs

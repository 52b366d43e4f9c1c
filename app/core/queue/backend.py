"""What SQS and Celery have in common as backends of Django's task API."""

import logging
import time
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django_tasks import TaskResult, TaskResultStatus
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task
from django_tasks.utils import get_random_id

from app.core.queue import outbox
from app.core.queue.messages import Message, due, message_of

logger = logging.getLogger(__name__)

# For how many seconds a queue that has failed is left alone: each call would wait in vain.
REST = 20


class QueueUnavailable(Exception):
    """The queue took nothing, or not all."""


class QueueBackend(BaseTaskBackend):
    supports_defer = True

    max_delay: timedelta
    """How long the queue itself can hold a message back."""

    _rests_until = 0.0

    @abstractmethod
    def _send(self, messages: Sequence[Message]) -> None:
        """Raises QueueUnavailable."""

    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        """Enqueue the task if the transaction that is open is committed, and only then."""
        self.validate_task(task)
        task_id = get_random_id()
        message = message_of(task, task_id, args, kwargs)
        outbox.enqueue(message, self.max_delay, self._take)
        return TaskResult(
            task=task,
            id=task_id,
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

    def send(self, calls: Iterable[tuple[Task[Any, Any], dict[str, Any]]]) -> list[str]:
        """Hand tasks over past the outbox, but for those that the queue cannot hold back so long.

        Answers their ids. Raises QueueUnavailable.
        """
        messages = [message_of(task, get_random_id(), [], kwargs) for task, kwargs in calls]
        horizon = timezone.now() + self.max_delay
        soon = [message for message in messages if due(message) <= horizon]
        self.hand_over(soon)
        outbox.keep([message for message in messages if due(message) > horizon], self.max_delay)
        return [message["id"] for message in messages]

    def _take(self, message: Message) -> bool:
        try:
            self.hand_over([message])
        except QueueUnavailable as error:
            logger.warning("A task waits for the queue: %s", error)
            return False
        return True

    def hand_over(self, messages: Sequence[Message]) -> None:
        """Raises QueueUnavailable, for a while without asking the queue again."""
        if time.monotonic() < self._rests_until:
            raise QueueUnavailable("The queue has just failed")
        try:
            self._send(messages)
        except QueueUnavailable:
            self._rests_until = time.monotonic() + REST
            raise

"""A task as JSON, and the one place where such a message is run.

A message is delivered at least once, so each task must stand being run twice.
"""

import json
import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any, TypedDict

from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks.base import Task

# What SQS takes is four times as much. An argument that is longer belongs in a row.
MAX_BYTES = 262_144

# What a message may name: our tasks and nothing else that can be imported.
_TASK_PATH = re.compile(r"app\.\w+\.tasks\.\w+")

enqueued_at: ContextVar[datetime | None] = ContextVar("enqueued_at", default=None)
"""When the task that is being run was enqueued."""


class Message(TypedDict):
    task: str
    """Import path of the task."""
    id: str
    args: list[Any]
    kwargs: dict[str, Any]
    run_after: str | None
    """The time, in ISO 8601, before which it is not to be run."""
    enqueued_at: str
    attempts: int
    """How often it has failed; where the queue counts that itself, always 0."""


def message_of(task: Task[Any, Any], task_id: str, args: Any, kwargs: Any) -> Message:
    """Raises ValueError for arguments that no queue would take."""
    message = Message(
        task=task.module_path,
        id=task_id,
        args=list(args),
        kwargs=dict(kwargs),
        run_after=task.run_after.isoformat() if task.run_after else None,
        enqueued_at=timezone.now().isoformat(),
        attempts=0,
    )
    size = len(json.dumps(message))
    if size > MAX_BYTES:
        raise ValueError(f"{task.name} would travel as {size} bytes; {MAX_BYTES} are the most")
    return message


def due(message: Message) -> datetime:
    return datetime.fromisoformat(message["run_after"] or message["enqueued_at"])


def delay(message: Message) -> int:
    """Answer for how many seconds the message is to be held back, rounded up."""
    seconds = (due(message) - timezone.now()).total_seconds()
    return int(seconds) + 1 if seconds > 0 else 0


def run(message: Mapping[str, Any]) -> None:
    """Raises whatever the task does; ValueError or TypeError for what is none of ours."""
    if not _TASK_PATH.fullmatch(message["task"]):
        raise ValueError(f"{message['task']!r} is not one of our tasks")
    task = import_string(message["task"])
    if not isinstance(task, Task):
        raise TypeError(f"{message['task']!r} is not a task")
    since = message.get("enqueued_at")
    enqueued_at.set(datetime.fromisoformat(since) if since else None)
    task.call(*message["args"], **message["kwargs"])

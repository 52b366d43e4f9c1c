"""Lets tasks wait for the worker, as SQS does: no answer waits for what it enqueues."""

from django_tasks import task_backends
from django_tasks.backends.dummy import DummyBackend

task_backends["default"] = DummyBackend("default", {})

"""A queue that keeps the simulation's time: at least once, in no promised order."""

import heapq
import itertools
import random
from functools import cached_property
from typing import Any

from app.core.queue import sqs
from tests.simulation.clock import Clock

# What SQS waits before it delivers again what a worker did not finish: six times its timeout.
VISIBILITY = 720


class Queue:
    """What boto3's client is to the tasks' backend, and what delivers to the worker."""

    current: "Queue"
    """The one that the backend of this process sends to."""

    def __init__(self, clock: Clock, rng: random.Random, *, duplicates: float = 0.01) -> None:
        self._clock, self._rng, self._duplicates = clock, rng, duplicates
        self._heap: list[tuple[float, int, str]] = []
        self._number = itertools.count()
        self.failed = 0
        Queue.current = self

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        for entry in Entries:
            self._push(self._clock.now + entry["DelaySeconds"], entry["MessageBody"])
            if self._rng.random() < self._duplicates:
                self._push(self._clock.now + entry["DelaySeconds"], entry["MessageBody"])
        return {}

    def _push(self, at: float, body: str) -> None:
        heapq.heappush(self._heap, (at, next(self._number), body))

    @property
    def next_at(self) -> float:
        return self._heap[0][0] if self._heap else float("inf")

    def deliver(self) -> None:
        """Run the next message as the worker's function does."""
        _, number, body = heapq.heappop(self._heap)
        self._clock.now += 0.05  # what a task takes beside its calls
        record = {"messageId": f"{number}", "body": body}
        if sqs.run_records([record]):
            self.failed += 1
            self._push(self._clock.now + VISIBILITY, body)


class Backend(sqs.SQSBackend):
    """The real backend; only what is at the other end of boto3 is ours."""

    @cached_property
    def _client(self) -> Any:
        return Queue.current

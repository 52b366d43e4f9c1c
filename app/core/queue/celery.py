"""Tasks over Celery: the backend that sends them, and what a worker does with them.

https://docs.celeryq.dev/en/stable/userguide/configuration.html
"""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from celery import Celery, signals
from celery.exceptions import Reject
from django.conf import settings
from django.db import connections
from kombu.exceptions import OperationalError

from app.core import deadline, health, request_id
from app.core.postgresql import ServerGone
from app.core.queue import messages, outbox
from app.core.queue.backend import QueueBackend, QueueUnavailable
from app.core.queue.messages import Message

logger = logging.getLogger(__name__)

# The same as a function's, for whatever a task plans by it.
SECONDS = 120
# How long a process waits for a database that is down.
PAUSE = 5

app = Celery("guildhall", broker=settings.TASK_BROKER_URL, set_as_current=False)
app.conf.update(
    task_default_queue="guildhall",
    task_ignore_result=True,
    task_acks_late=True,
    task_soft_time_limit=SECONDS,
    # For what does not listen.
    task_time_limit=SECONDS + 20,
    # A process takes the next task when it has done one, so that others take it if it is busy.
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=1000,
    # What is not done by then, when the worker is told to end, goes back to the queue.
    worker_soft_shutdown_timeout=10,
    worker_enable_soft_shutdown_on_idle=True,
    worker_hijack_root_logger=False,
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        # After which a task whose worker was killed is delivered again. None is held back so long.
        "visibility_timeout": 6 * SECONDS,
        "socket_connect_timeout": 1,
        "socket_timeout": 5,
        # The cache may be in the same database of the same server.
        "global_keyprefix": "guildhall:",
    },
)


class CeleryBackend(QueueBackend):
    # A worker keeps what it holds back in its memory.
    max_delay = timedelta(seconds=60)

    def _send(self, sent: Sequence[Message]) -> None:
        try:
            with app.producer_pool.acquire(block=True, timeout=1) as producer:
                for message in sent:
                    run.apply_async(
                        [message],
                        task_id=message["id"],
                        countdown=messages.delay(message) or None,
                        producer=producer,
                        # Once: the connection may be of a broker that was there before.
                        retry_policy={"max_retries": 1, "interval_start": 0},
                    )
        except (OperationalError, OSError) as error:
            raise QueueUnavailable(str(error)) from error


@app.task(name="guildhall.run")
def run(message: Message) -> None:
    request_id.current.set(message["id"])
    deadline.begin(SECONDS)
    try:
        _run(message)
    except ServerGone as error:
        connections.close_all()
        if health.database_is_up():
            # Then it may be this very task that the server gives up on, each time.
            with suppress(ServerGone):
                outbox.keep_failed(message, error)
                logger.exception("Task failed, attempt %s", message["attempts"] + 1)
                return
        # There is nowhere to keep it but the queue. The others would fail as well meanwhile.
        logger.warning("The database is unavailable to a task: %s", error)
        time.sleep(PAUSE)
        raise Reject(requeue=True) from error


def _run(message: Message) -> None:
    try:
        messages.run(message)
    except ServerGone:
        raise
    except Exception as error:
        logger.exception("Task failed, attempt %s", message["attempts"] + 1)
        # The time limit strikes within a statement, which its connection would not get over.
        connections.close_all()
        outbox.keep_failed(message, error)


@signals.task_failure.connect(sender=run)
def _keep_lost(args: Sequence[Any], exception: BaseException, **kwargs: Any) -> None:
    """Keep the task of a process that was killed, or stopped at the time limit."""
    # This is the main process: nobody else closes what it opens, or looks whether it still is.
    connections.close_all()
    try:
        outbox.keep_failed(args[0], exception)
    except ServerGone:
        run.apply_async([args[0]], countdown=PAUSE)
    finally:
        connections.close_all()

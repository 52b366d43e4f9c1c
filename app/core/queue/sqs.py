"""Tasks over Amazon SQS: the backend that sends them, and what a Lambda function does with them."""

import json
import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

from app.core import deadline, request_id
from app.core.postgresql import ServerGone
from app.core.queue import messages
from app.core.queue.backend import QueueBackend, QueueUnavailable
from app.core.queue.messages import Message

logger = logging.getLogger(__name__)

# A task is not begun when fewer seconds are left.
MARGIN = 5
# SQS's own limit of messages in a request.
MAX_BATCH = 10


class SQSBackend(QueueBackend):
    # SQS's own limit as well.
    max_delay = timedelta(seconds=900)

    @cached_property
    def _client(self) -> Any:
        import boto3  # 140 ms that most requests have no use for
        from botocore.config import Config

        # A request waits for this; the schedule tries again.
        config = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2})
        return boto3.client("sqs", config=config)

    def _send(self, sent: Sequence[Message]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        for batch in _batches(sent):
            entries = [
                {
                    "Id": message["id"],
                    "MessageBody": json.dumps(message),
                    "DelaySeconds": self._delay(message),
                }
                for message in batch
            ]
            try:
                answer = self._client.send_message_batch(
                    QueueUrl=self.options["queue_url"], Entries=entries
                )
            except (BotoCoreError, ClientError) as error:
                raise QueueUnavailable(str(error)) from error
            if failed := answer.get("Failed"):
                raise QueueUnavailable(f"SQS took {len(failed)} of {len(entries)} not: {failed}")

    def _delay(self, message: Message) -> int:
        return min(messages.delay(message), int(self.max_delay.total_seconds()))


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
            messages.run(json.loads(record["body"]))
        except ServerGone as error:
            # A line and no stack: so do all tasks of an outage, and SQS delivers each again.
            logger.warning("The database is unavailable to a task: %s", error)
            failed.append(record["messageId"])
        except Exception:
            logger.exception("Task failed, attempt %s", _attempt(record))
            failed.append(record["messageId"])
    return failed


def _attempt(record: dict[str, Any]) -> str:
    return str(record.get("attributes", {}).get("ApproximateReceiveCount", "?"))


def _batches(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    for start in range(0, len(messages), MAX_BATCH):
        yield messages[start : start + MAX_BATCH]

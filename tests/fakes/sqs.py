"""SQS over HTTP, by moto, and what Lambda does between a queue and a function."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import boto3
from moto.server import ThreadedMotoServer

Function = Callable[[dict[str, Any], Any], dict[str, Any]]


class Context:
    """What Lambda passes to a function beside the event."""

    aws_request_id = "11111111-2222-3333-4444-555555555555"
    function_name = "worker"
    seconds = 120.0

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@contextmanager
def sqs_server() -> Iterator[str]:
    """Serve SQS on a free port; answer its URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


class Queue:
    """A queue, and the event source mapping that feeds a function from it.

    A message that the function reports as failed is delivered again at once; a message that nobody
    deleted, as when the function was killed, after `visibility` seconds.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._sqs = boto3.client("sqs", endpoint_url=url.rpartition("/")[0].rpartition("/")[0])

    @classmethod
    def create(cls, endpoint: str, *, visibility: int = 1) -> Self:
        answer = boto3.client("sqs", endpoint_url=endpoint).create_queue(
            QueueName=f"tasks-{uuid.uuid4().hex}",
            Attributes={"VisibilityTimeout": str(visibility)},
        )
        return cls(answer["QueueUrl"])

    def send(self, body: str) -> None:
        self._sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def records(self) -> list[dict[str, Any]]:
        """Receive up to ten messages, in the form that Lambda passes on."""
        answer = self._sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            AttributeNames=["All"],
        )
        return [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "eventSource": "aws:sqs",
            }
            for message in answer.get("Messages", [])
        ]

    def settle(self, records: list[dict[str, Any]], answer: dict[str, Any]) -> None:
        """Delete what succeeded and make the rest visible again."""
        failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        for record in records:
            handle = {"QueueUrl": self.url, "ReceiptHandle": record["receiptHandle"]}
            if record["messageId"] in failed:
                self._sqs.change_message_visibility(**handle, VisibilityTimeout=0)
            else:
                self._sqs.delete_message(**handle)

    def deliver(self, function: Function) -> dict[str, Any] | None:
        """Feed the function once; answer what it answered, or None if no message was visible."""
        records = self.records()
        if not records:
            return None
        answer = function({"Records": records}, Context())
        self.settle(records, answer)
        return answer

    def drain(self, function: Function, *, seconds: float = 30, delayed: bool = True) -> None:
        """Feed the function until the queue is empty, also of messages that are invisible now.

        `delayed` says whether to wait for those that are held back as well.
        """
        deadline = time.monotonic() + seconds
        while self.left(delayed=delayed):
            if time.monotonic() > deadline:
                raise AssertionError(f"The queue is not empty after {seconds} seconds.")
            if self.deliver(function) is None:
                time.sleep(0.02)

    def left(self, *, delayed: bool = True) -> int:
        """Count the messages: visible, in somebody's hands, and held back for later."""
        states = ("", "NotVisible", *(["Delayed"] if delayed else []))
        names = [f"ApproximateNumberOfMessages{state}" for state in states]
        answer = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

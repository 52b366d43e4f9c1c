"""The Lambda entry points, of which ImageConfig.Command names one; the fourth is migration.py's.

Everything that a first request would wait for happens here, while the function starts: Lambda gives
that phase a whole processor, whatever the function's size.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

import gc
import os
import sys
from typing import Any

# What is imported stays: looking for garbage among it costs a cold start 30 ms.
gc.disable()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# A function lives on one thread, so its connection may stay open from one event to the next.
os.environ.setdefault("DATABASE_CONN_MAX_AGE", "600")

import django  # noqa: E402
import django.core.signals  # noqa: E402

# What libraries import for the sake of tests, unless it is here already. REST framework looks for
# requests and yaml, 55 ms, and does without where there is None; simplejwt takes a signal from
# Django's test client, 12 ms.
UNWANTED: dict[str, Any] = {
    "requests": None,
    "yaml": None,
    "django.test.signals": django.core.signals,
}
for name in UNWANTED.keys() & sys.modules.keys():
    del UNWANTED[name]
sys.modules |= UNWANTED
django.setup()
import rest_framework.compat  # noqa: E402, F401
import rest_framework_simplejwt.settings  # noqa: E402, F401

for name in UNWANTED:
    del sys.modules[name]

from django.core.cache import cache  # noqa: E402
from django.db import Error, close_old_connections, connection  # noqa: E402
from django.urls import get_resolver  # noqa: E402

from app.core import request_id  # noqa: E402
from config.gateway import Application, Gateway  # noqa: E402
from config.schedule import begin  # noqa: E402


def _connect() -> None:
    """Connect to the database and to Redis. What is down now is a request's to report."""
    cache.get("")
    try:
        connection.ensure_connection()
    except Error:
        connection.close()


# Serves the whole site to API Gateway.
api = Gateway(Application())
_ = get_resolver().url_patterns  # imports the views
if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:  # and not where a test imports this
    _connect()

gc.freeze()
gc.enable()


def schedule(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Enqueue the task of a schedule's entry; the event is `{"entry": name}`."""
    request_id.current.set(context.aws_request_id)
    return begin(event.get("entry"))


def worker(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Run the tasks of an SQS event, and report the ones to deliver again.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    from app.core import deadline
    from app.core.queue import sqs

    deadline.begin(context.get_remaining_time_in_millis() / 1000)
    # What the signals of a request do for `api`.
    close_old_connections()
    failed = sqs.run_records(event["Records"])
    close_old_connections()
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

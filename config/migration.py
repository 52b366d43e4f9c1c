"""The Lambda function that migrates, for who invokes it, or as a part of CloudFormation's stack.

As a custom resource it answers in any case: CloudFormation would wait in vain, and once more on
the way back. So Django, which does not start with wrong settings, is not imported before.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import json
import logging
import os
import time
from types import ModuleType
from typing import Any

logger = logging.getLogger(__name__)

RESOURCE_ID = "guildhall-migrations"
# How many seconds before the function's end there must be an answer, and what they are for.
MARGIN = 15
ATTEMPTS = 3
TIMEOUT = 4


def migrate(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Migrate; raise what went wrong, unless CloudFormation asks, which is told."""
    ends_at = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - MARGIN
    if "ResponseURL" not in event:
        return {"status": _start(context).migrate(ends_at)}
    # With the stack's end, or with another resource in this one's place, the database stays.
    ends = event["RequestType"] == "Delete"
    status, reason = ("unchanged", "") if ends else _try(context, ends_at)
    answer = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {
        "Status": "FAILED" if reason else "SUCCESS",
        "Reason": f"{reason} The log has more, under {context.aws_request_id}." if reason else "",
        "PhysicalResourceId": RESOURCE_ID,
    }
    _put(event["ResponseURL"], answer)
    return {"status": status}


def _try(context: Any, ends_at: float) -> tuple[str, str]:
    """Migrate, and answer what became of it and why it failed, if it did."""
    try:
        migrating = _start(context)
    except Exception as error:
        # By its name alone: what it says may have a setting in it.
        logger.exception("The function does not start")
        return "failed", f"The function does not start: {type(error).__name__}."
    try:
        return migrating.migrate(ends_at), ""
    except Exception as error:
        logger.exception("The migration failed")
        return "failed", migrating.why_failed(error)


def _start(context: Any) -> ModuleType:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    from app.core import migrating, request_id

    request_id.current.set(context.aws_request_id)
    return migrating


def _put(url: str, answer: dict[str, str]) -> None:
    """Send the answer, to an address that is signed and therefore never shown."""
    import httpx

    body = json.dumps(answer).encode()
    for attempt in range(ATTEMPTS):
        time.sleep(attempt / 2)
        try:
            # What is signed has no content type.
            response = httpx.put(url, content=body, headers={"Content-Type": ""}, timeout=TIMEOUT)
            if response.is_success:
                return
            cause = f"HTTP {response.status_code}"
        except httpx.HTTPError as error:
            cause = type(error).__name__
        logger.warning("CloudFormation does not take the answer: %s", cause)
    # Nobody invokes it again: the stack waits for ServiceTimeout, and takes the release back.
    raise RuntimeError(f"CloudFormation did not take the answer: {cause}.")

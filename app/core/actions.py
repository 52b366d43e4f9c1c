"""Actions of the admin's lists."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.exceptions import APIException


def write_each(
    model_admin: ModelAdmin[Any],
    request: HttpRequest,
    rows: QuerySet[Any],
    write: Callable[[Any], Any],
    done: str,
) -> None:
    """Write each row, and say what became of it."""
    for row in rows:
        try:
            write(row)
        except (APIException, ValidationError) as error:
            model_admin.message_user(request, f"{row}: {said_by(error)}", messages.WARNING)
        else:
            model_admin.log_change(request, row, done)
            model_admin.message_user(request, f"{row}: {done}", messages.SUCCESS)


def said_by(error: APIException | ValidationError) -> str:
    return str(error.detail) if isinstance(error, APIException) else " ".join(error.messages)

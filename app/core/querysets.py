from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from app.core.models import WaitingTask  # noqa: F401 - named in a string below


class WaitingTaskQuerySet(models.QuerySet["WaitingTask"]):
    def due(self, now: datetime) -> Self:
        return self.filter(due_at__lte=now).order_by("due_at")

    def given_up(self) -> Self:
        return self.filter(due_at=None)

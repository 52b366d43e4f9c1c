from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from app.notifications.models import Notification  # noqa: F401 - named in a string below


class NotificationQuerySet(models.QuerySet["Notification"]):
    def pending(self) -> Self:
        return self.filter(state="pending")

    def dead(self) -> Self:
        return self.filter(state="dead")

    def due(self, now: datetime) -> Self:
        """Pending ones whose time has come, the longest wait first."""
        return self.pending().filter(next_attempt_at__lte=now).order_by("next_attempt_at")

    def settled_before(self, moment: datetime) -> Self:
        """Sent or dead since before then."""
        return self.exclude(state="pending").filter(updated_at__lt=moment)

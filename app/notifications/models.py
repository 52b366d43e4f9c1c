from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from app.core.models import TimestampedModel
from app.notifications.querysets import NotificationQuerySet


class Notification(TimestampedModel):
    """What a member, or the Discord channel, is told: written with what it tells of, sent later.

    Its text is rendered when it is written, so that it is still true when it goes out.
    """

    class Channel(models.TextChoices):
        EMAIL = "email"
        DISCORD = "discord"

    class State(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        DEAD = "dead"

    channel = models.CharField(max_length=16, choices=Channel)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="notifications",
        help_text="Nobody for Discord, where a channel is told.",
    )
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    dedupe_key = models.CharField(
        max_length=200, help_text="What is written again under the same key is not sent again."
    )
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(
        default=timezone.now, help_text="When it is due, while it is pending."
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(
        max_length=200, blank=True, help_text="Why the last attempt came to nothing."
    )

    objects = NotificationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                "next_attempt_at", condition=Q(state="pending"), name="notification_pending"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["dedupe_key"], name="notification_dedupe_key"),
            models.CheckConstraint(
                condition=Q(channel="email", member__isnull=False)
                | Q(channel="discord", member__isnull=True),
                name="notification_email_has_member",
            ),
        ]

    def __str__(self) -> str:
        return self.dedupe_key

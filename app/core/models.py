import unicodedata
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models

from app.core.querysets import WaitingTaskQuerySet

# Turns the direction of what follows, and so of what stands behind the text: Unicode's UAX #9.
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class TimestampedModel(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


def validate_timezone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(
            "Not a time zone of the IANA database, such as Europe/Berlin.", code="unknown_timezone"
        )


def validate_one_line(text: str) -> None:
    # Not all that str.isprintable() refuses: what joins emoji, and a space that does not break.
    found = {unicodedata.category(character) for character in text}
    if found & {"Cc", "Cs", "Zl", "Zp"} or _BIDI.intersection(text):
        raise ValidationError(
            "Write one line, without control characters.", code="control_characters"
        )


class SystemSettings(TimestampedModel):
    """What organisers may change while the site runs: one row."""

    # The subject of each mail begins with it.
    site_name = models.CharField(
        max_length=100, default="Guildhall", validators=[validate_one_line]
    )
    timezone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_timezone],
        help_text="The time zone that people are shown; the API itself speaks UTC.",
    )

    class Meta:
        verbose_name_plural = "system settings"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_system_settings")]

    def __str__(self) -> str:
        return self.site_name

    @classmethod
    def load(cls) -> "SystemSettings":
        return cls.objects.get_or_create(pk=1)[0]


class WaitingTask(models.Model):
    """A task that is not in the queue: not yet, or no more. app.core.queue.outbox says when."""

    id = models.CharField(primary_key=True, max_length=32)
    message = models.JSONField()
    due_at = models.DateTimeField(
        null=True, blank=True, help_text="When it goes to the queue; empty once it is given up."
    )
    error = models.TextField(blank=True, help_text="Why it failed last.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WaitingTaskQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["due_at"])]

    def __str__(self) -> str:
        return f"{self.message['task']} {self.id}"

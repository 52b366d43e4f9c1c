from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from app.core.models import TimestampedModel


class MemberSync(TimestampedModel):
    """How far a member's match history is known, how that goes, and when to look again.

    A *check* asks for the profiles of a hundred members in one call, and tells who is playing; a
    *look* reads one member's history.
    """

    class Status(models.TextChoices):
        NEVER = "never", "Never"
        OK = "ok", "Ok"
        PRIVATE = "private", "Private"
        FAILING = "failing", "Failing"

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="steam_sync"
    )
    # Another account means another history, to be read from its start.
    steam_id = models.BigIntegerField(unique=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.NEVER)
    since = models.DateTimeField(help_text="Since when the status is so.")
    error = models.CharField(max_length=200, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="One after another.")
    synced_at = models.DateTimeField(
        null=True, blank=True, help_text="When the newest page was last read."
    )

    newest_match_id = models.BigIntegerField(
        default=0,
        help_text="Every match of the history up to this one is known, but for the gap.",
    )
    gap_from = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="Where the gap begins; it is read from there downwards.",
    )
    gap_to = models.BigIntegerField(
        default=0, help_text="Where the gap ends: what was known before it opened."
    )

    reread_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="From when on it is read through again: Steam counts more than it listed.",
    )

    due_at = models.DateTimeField(help_text="When to check.")
    look_at = models.DateTimeField(
        null=True, blank=True, help_text="From when on a look is wanted, whatever a check says."
    )
    lease = models.UUIDField(null=True, blank=True, editable=False)
    leased_until = models.DateTimeField(
        null=True, blank=True, help_text="Until when a worker has it to itself."
    )

    played_at = models.DateTimeField(
        null=True, blank=True, help_text="The start of the newest match, or when last seen in Dota."
    )
    in_dota = models.BooleanField(default=False, help_text="At the last check.")
    profile_is_public = models.BooleanField(default=True)
    persona_name = models.CharField(max_length=64, blank=True)
    avatar = models.URLField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index("due_at", name="member_sync_due"),
            models.Index("status", name="member_sync_status"),
            models.Index("look_at", condition=Q(look_at__isnull=False), name="member_sync_wanted"),
            models.Index(Lower("persona_name"), name="member_sync_persona"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(lease__isnull=True, leased_until__isnull=True)
                | Q(lease__isnull=False, leased_until__isnull=False),
                name="member_sync_lease_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.status}"


class SyncRun(models.Model):
    """What came of one plan: its tasks add what they did, whenever they do it."""

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", "Schedule"
        STAFF = "staff", "Staff"
        LINK = "link", "A linked account"

    trigger = models.CharField(max_length=16, choices=Trigger, default=Trigger.SCHEDULE)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(db_index=True)
    last_active_at = models.DateTimeField(help_text="When a task of it last said what it did.")
    members_due = models.PositiveIntegerField(
        default=0, help_text="Members given out to be checked."
    )
    matches_due = models.PositiveIntegerField(
        default=0, help_text="Pending matches given out to be fetched."
    )
    members_checked = models.PositiveIntegerField(default=0)
    members_looked_at = models.PositiveIntegerField(default=0, help_text="Histories read.")
    matches_found = models.PositiveIntegerField(default=0, help_text="New in a history.")
    matches_stored = models.PositiveIntegerField(default=0)
    matches_unavailable = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0, help_text="Requests sent, those in vain too.")
    put_back = models.PositiveIntegerField(default=0, help_text="Tasks that waited for the budget.")
    errors = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.pk}, {self.started_at:%Y-%m-%d %H:%M}"


class Usage(models.Model):
    """The calls to one endpoint in one UTC day."""

    day = models.DateField()
    source = models.CharField(max_length=16)
    endpoint = models.CharField(max_length=64)
    calls = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(
        default=0, help_text="Calls that brought nothing: limits, errors, garbage."
    )

    class Meta:
        ordering = ["-day", "source", "endpoint"]
        verbose_name_plural = "usage"
        constraints = [
            models.UniqueConstraint(fields=["day", "source", "endpoint"], name="usage_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.endpoint}: {self.calls}"


class QuarantinedAnswer(models.Model):
    """An answer, or a part of one, that made no sense and was left out.

    Its digest tells whether two are the same; the payload is not kept, as it may name people.
    """

    digest = models.CharField(max_length=64, help_text="SHA-256 of the bytes, in hexadecimal.")
    source = models.CharField(max_length=16)
    endpoint = models.CharField(max_length=64)
    reason = models.CharField(max_length=200)
    match_id = models.BigIntegerField(null=True, blank=True, help_text="If it could be read.")
    size = models.PositiveIntegerField(help_text="In bytes.")
    times = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-last_seen_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["digest", "endpoint"], name="quarantined_once"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.reason}"

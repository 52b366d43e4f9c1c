import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from app.core.models import TimestampedModel, validate_one_line
from app.media.pictures import Size, sizes
from app.media.querysets import UploadQuerySet
from app.media.storages import INCOMING, PUBLIC, storage


def random_key() -> str:
    return secrets.token_hex(16)


class Upload(TimestampedModel):
    """A file that a member sends, and the pictures that become of it."""

    class Purpose(models.TextChoices):
        AVATAR = "avatar"
        TEAM_LOGO = "team_logo"
        EVENT_COVER = "event_cover"

    class Status(models.TextChoices):
        PENDING = "pending"
        PROCESSING = "processing"
        READY = "ready"
        REFUSED = "refused"

    class ContentType(models.TextChoices):
        PNG = "image/png", "PNG"
        JPEG = "image/jpeg", "JPEG"
        WEBP = "image/webp", "WebP"
        GIF = "image/gif", "GIF"

    SIZES = {
        Purpose.AVATAR: sizes((512, 512), (128, 128), (48, 48), crop=True),
        Purpose.TEAM_LOGO: sizes((512, 512), (128, 128), crop=False),
        Purpose.EVENT_COVER: sizes((1600, 900), (640, 360), crop=True),
    }
    """What is made for each purpose, the largest first."""
    PATIENCE = timedelta(minutes=5)
    """How long a task may be at it before another has a go."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="uploads",
        db_index=False,
    )
    purpose = models.CharField(
        max_length=16, choices=Purpose, help_text="What it is to be shown as."
    )
    content_type = models.CharField(max_length=16, choices=ContentType)
    size = models.PositiveIntegerField(help_text="Of the file, in bytes.")
    filename = models.CharField(
        max_length=200,
        blank=True,
        validators=[validate_one_line],
        help_text="What the member calls the file.",
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was refused.")
    # What is stored for it has names of this, which nobody can guess.
    key = models.CharField(max_length=32, unique=True, default=random_key, editable=False)
    pictures = models.JSONField(default=list, editable=False)
    used_at = models.DateTimeField(null=True, blank=True, editable=False)
    avatar_of = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="avatar_upload",
        editable=False,
    )

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["owner", "created_at"], name="upload_owner_created"),
            models.Index(fields=["status", "updated_at"], name="upload_status_updated"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="refused") | Q(reason=""), name="upload_reason_is_of_refused"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.pk}"

    @property
    def sizes(self) -> tuple[Size, ...]:
        return self.SIZES[self.Purpose(self.purpose)]

    @property
    def incoming_key(self) -> str:
        return f"{INCOMING}/{self.key}"

    def public_key(self, name: str) -> str:
        return f"{PUBLIC}/{self.key}/{name}.webp"

    @property
    def keys(self) -> list[str]:
        """All that may be stored for it."""
        return [self.incoming_key, *(self.public_key(size.name) for size in self.sizes)]

    @property
    def url(self) -> str:
        """The address of the largest picture."""
        return storage().url(self.public_key(self.sizes[0].name))

    @property
    def shown(self) -> list[dict[str, Any]]:
        """The pictures with their addresses, the largest first."""
        found = []
        for picture in self.pictures:
            url = storage().url(self.public_key(picture["name"]))
            found.append({"url": url, "width": picture["width"], "height": picture["height"]})
        return found
